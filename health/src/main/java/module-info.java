/** Health reports from scheduled probes. */
module dev.holdfast.health {
    requires static transitive org.jspecify;
    requires transitive dev.holdfast.core;
}
