/**
 * A small web shop on a real PostgreSQL and a real Redis, served twice over the same database.
 *
 * <p>{@link dev.holdfast.examples.storefront.Storefront} puts it together: servers, seed, caches and the HTTP server.
 * {@link dev.holdfast.examples.storefront.Shop} is what the HTTP handlers call; {@code NaiveShop} answers straight from the
 * database, row by row, {@code HoldfastShop} through two-tier caches and set-based queries. Both give the same answers.
 * {@link dev.holdfast.examples.storefront.Traffic} is the built-in visitor, and
 * {@link dev.holdfast.examples.storefront.StorefrontDemo} the command line. Everything but the parts shared by all HTTP
 * threads (caches, pool, counters, all thread-safe) is confined to one request or one visitor thread.
 */
package dev.holdfast.examples.storefront;
