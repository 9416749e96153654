package dev.holdfast.examples.storefront;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks the probes and says whether the shop can serve: without its database it cannot, without Redis it can. */
final class HealthReport {
    /** The whole answer and its parts. */
    record Answer(Status status, Map<String, Reading> components) {
        /** Traffic belongs here unless the shop is down. */
        @JsonIgnore
        int httpStatus() {
            return status == Status.DOWN ? 503 : 200;
        }
    }

    private final HealthProbe database;
    private final List<HealthProbe> others;

    HealthReport(HealthProbe database, List<HealthProbe> others) {
        this.database = database;
        this.others = List.copyOf(others);
    }

    Answer answer() {
        Map<String, Reading> components = new LinkedHashMap<>();
        Reading essential = look(database);
        components.put(database.name(), essential);
        Status status = essential.status() == Status.DOWN ? Status.DOWN : Status.UP;
        for (HealthProbe probe : others) {
            Reading reading = look(probe);
            components.put(probe.name(), reading);
            boolean well = reading.status() == Status.UP || reading.status() == Status.UNKNOWN;
            if (!well && status == Status.UP) {
                status = Status.DEGRADED;
            }
        }
        return new Answer(status, components);
    }

    private static Reading look(HealthProbe probe) {
        try {
            return probe.check();
        } catch (Exception e) {
            return Reading.of(Status.DOWN, e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }
}
