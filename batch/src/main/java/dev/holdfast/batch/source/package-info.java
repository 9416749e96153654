/** What the table sources share, and no module but this one sees: how keys become statements, and rows find their keys. */
@NullMarked
package dev.holdfast.batch.source;

import org.jspecify.annotations.NullMarked;
