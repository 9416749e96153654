/** Connection pools with checked settings. */
module dev.holdfast.pool {
    requires static transitive org.jspecify;
    requires transitive dev.holdfast.core;
}
