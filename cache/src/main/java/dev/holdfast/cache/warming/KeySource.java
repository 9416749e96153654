package dev.holdfast.cache.warming;

import java.util.Collection;
import java.util.List;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Says which keys are worth warming, most important first.
 *
 * <p>Opened once per pass, on the warmer's thread.
 *
 * @param <K> the key type
 */
@FunctionalInterface
public interface KeySource<K> {
    /**
     * Begins to list keys.
     *
     * @return keys without null, lazily; closed by the warmer, also when it stops early
     * @throws Exception whatever the source throws; ends the pass as {@link WarmOutcome#FAILED}
     */
    Stream<K> open() throws Exception;

    /**
     * Keys that are listed at once, such as the hundred most sold.
     *
     * @param query lists them anew for each pass
     * @param <K> the key type
     * @return a source
     */
    static <K> KeySource<K> listed(Query<K> query) {
        return () -> List.<K>copyOf(query.keys()).stream();
    }

    /**
     * Keys of a large table, read page by page in the order of the key, so that no more than a page is held.
     *
     * @param pages reads the page after a key
     * @param <K> the key type
     * @return a source
     */
    static <K> KeySource<K> paged(Pages<K> pages) {
        return () -> StreamSupport.stream(Spliterators.spliteratorUnknownSize(new PagedKeys<>(pages), 0), false);
    }

    /**
     * Lists keys at once.
     *
     * @param <K> the key type
     */
    @FunctionalInterface
    interface Query<K> {
        /**
         * Lists keys.
         *
         * @return keys without null
         * @throws Exception whatever the source throws
         */
        Collection<? extends K> keys() throws Exception;
    }

    /**
     * Reads one page of keys.
     *
     * @param <K> the key type
     */
    @FunctionalInterface
    interface Pages<K> {
        /**
         * Reads the page after a key, as {@code where id > ? order by id limit 500} does.
         *
         * @param last the last key of the page before, or null for the first page
         * @return the next keys in order; empty at the end
         * @throws Exception whatever the source throws
         */
        List<? extends K> after(@Nullable K last) throws Exception;
    }
}
