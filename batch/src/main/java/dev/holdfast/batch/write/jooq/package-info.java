/**
 * Writers for jOOQ's tables, fields and records; needs jOOQ 3.19, which is optional. Types only: nothing of jOOQ runs when rows are
 * written.
 */
@NullMarked
package dev.holdfast.batch.write.jooq;

import org.jspecify.annotations.NullMarked;
