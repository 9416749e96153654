package dev.holdfast.cache.jooq;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jooq.Configuration;
import org.jooq.Schema;
import org.jooq.Table;
import org.jspecify.annotations.Nullable;

/**
 * The name of a table, and the tags that readers and writers of it use.
 *
 * <p>A name without a schema may mean the table in any schema, so each side takes two tags, and a writer meets a reader unless
 * both name a schema and it is another one. Case is ignored, which can only invalidate too much.
 *
 * @param schema lower case, or null if it is not named
 * @param name lower case
 */
record TableName(@Nullable String schema, String name) {

    static TableName of(@Nullable String schema, String name) {
        return new TableName(
                schema == null || schema.isEmpty() ? null : schema.toLowerCase(Locale.ROOT),
                name.toLowerCase(Locale.ROOT));
    }

    /** As written in SQL: {@code book}, {@code public.book} or {@code "public"."book"}; a catalog in front is ignored. */
    static TableName parse(String text) {
        String[] parts = text.strip().replace("\"", "").replace("`", "").split("\\.", -1);
        String name = parts[parts.length - 1];
        if (name.isBlank()) {
            throw new IllegalArgumentException("'" + text + "' is no name of a table: use 'book' or 'public.book'");
        }
        return of(parts.length > 1 ? parts[parts.length - 2] : null, name);
    }

    static List<TableName> parse(String... texts) {
        return Arrays.stream(texts).map(TableName::parse).toList();
    }

    /** As the configuration renders it: mapped, and without a schema if it leaves schemas out. */
    static TableName of(Table<?> table, Configuration configuration) {
        if (Boolean.FALSE.equals(configuration.settings().isRenderSchema())) {
            return of(null, table.getName());
        }
        Table<?> mapped = configuration.schemaMapping().map(table);
        Table<?> rendered = mapped == null ? table : mapped;
        Schema schema = rendered.getSchema();
        return of(schema == null ? null : schema.getName(), rendered.getName());
    }

    /** Whether both may mean the same table. */
    boolean mayBe(TableName other) {
        return name.equals(other.name) && (schema == null || other.schema == null || schema.equals(other.schema));
    }

    /** What a result carries that was read from this table. */
    Set<String> readTags() {
        return Set.of(tag(schema == null ? "?" : schema), tag("*"));
    }

    /** What a change of this table invalidates. */
    Set<String> writeTags() {
        return schema == null ? Set.of(tag("*")) : Set.of(tag(schema), tag("?"));
    }

    /** A tag holds 256 characters, and anything but plain ASCII takes more than one. */
    private String tag(String where) {
        String tag = "t:" + where + "." + name;
        boolean fits = tag.length() <= 200 && tag.chars().allMatch(c -> c > ' ' && c < 127 && "{}%".indexOf(c) < 0);
        return fits ? tag : "t:#" + UUID.nameUUIDFromBytes(tag.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return schema == null ? name : schema + "." + name;
    }
}
