/**
 * The health SPI: a {@link dev.holdfast.core.health.HealthProbe} looks at one thing and returns a
 * {@link dev.holdfast.core.health.Reading}.
 *
 * <p>Modules and users implement probes; the {@code health} module schedules them. Nothing here owns a thread or a lock.
 */
@NullMarked
package dev.holdfast.core.health;

import org.jspecify.annotations.NullMarked;
