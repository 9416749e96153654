package dev.holdfast.examples.storefront;

import static dev.holdfast.examples.storefront.Schema.*;
import static org.jooq.Records.mapping;
import static org.jooq.impl.DSL.any;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Record3;
import org.jooq.Record7;
import org.jooq.SelectJoinStep;

/** The statements on products and brands; each method sends exactly one. */
final class Catalog {
    private final DSLContext sql;

    Catalog(DSLContext sql) {
        this.sql = sql;
    }

    Optional<Product> product(long id) {
        return selectProducts().where(PRODUCT_ID.eq(id)).fetchOptional(mapping(Product::new));
    }

    /** Those that exist, by number. */
    Map<Long, Product> products(Collection<Long> ids) {
        return selectProducts()
                .where(PRODUCT_ID.eq(any(ids.toArray(Long[]::new))))
                .fetch(mapping(Product::new))
                .stream()
                .collect(Collectors.toMap(Product::id, Function.identity()));
    }

    Optional<Brand> brand(long id) {
        return selectBrands().where(BRAND_ID.eq(id)).fetchOptional(mapping(Brand::new));
    }

    /** Those that exist, by number. */
    Map<Long, Brand> brands(Collection<Long> ids) {
        return selectBrands().where(BRAND_ID.eq(any(ids.toArray(Long[]::new)))).fetch(mapping(Brand::new)).stream()
                .collect(Collectors.toMap(Brand::id, Function.identity()));
    }

    List<Brand> allBrands() {
        return selectBrands().fetch(mapping(Brand::new));
    }

    /** Sets the price and commits; the product as it is now, or empty if there is none. */
    Optional<Product> changePrice(long id, long priceCents) {
        return sql.update(PRODUCTS)
                .set(PRODUCT_PRICE, priceCents)
                .set(PRODUCT_VERSION, PRODUCT_VERSION.plus(1))
                .where(PRODUCT_ID.eq(id))
                .returningResult(
                        PRODUCT_ID,
                        PRODUCT_BRAND,
                        PRODUCT_NAME,
                        PRODUCT_DESCRIPTION,
                        PRODUCT_PRICE,
                        PRODUCT_STOCK,
                        PRODUCT_VERSION)
                .fetchOptional(mapping(Product::new));
    }

    private SelectJoinStep<Record7<Long, Long, String, String, Long, Integer, Long>> selectProducts() {
        return sql.select(
                        PRODUCT_ID,
                        PRODUCT_BRAND,
                        PRODUCT_NAME,
                        PRODUCT_DESCRIPTION,
                        PRODUCT_PRICE,
                        PRODUCT_STOCK,
                        PRODUCT_VERSION)
                .from(PRODUCTS);
    }

    private SelectJoinStep<Record3<Long, String, String>> selectBrands() {
        return sql.select(BRAND_ID, BRAND_NAME, BRAND_COUNTRY).from(BRANDS);
    }
}
