/** What the other modules stand on: configuration problems, profiles, secrets, time. */
@NullMarked
package dev.holdfast.core;

import org.jspecify.annotations.NullMarked;
