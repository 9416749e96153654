/**
 * Batch functions from a jOOQ table and its key, through jOOQ 3.19, an optional dependency: {@link
 * dev.holdfast.batch.jooq.JooqTable}. Nothing else refers to this package. No threads and no locks of its own.
 */
@NullMarked
package dev.holdfast.batch.jooq;

import org.jspecify.annotations.NullMarked;
