/** Connection pools with checked settings. */
@NullMarked
package dev.holdfast.pool;

import org.jspecify.annotations.NullMarked;
