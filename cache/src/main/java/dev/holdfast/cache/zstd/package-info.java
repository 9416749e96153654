/** Zstandard for values in tier 2; optional, behind {@code com.github.luben:zstd-jni}. Owns no thread and no lock. */
@NullMarked
package dev.holdfast.cache.zstd;

import org.jspecify.annotations.NullMarked;
