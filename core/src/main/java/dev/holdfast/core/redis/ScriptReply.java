package dev.holdfast.core.redis;

import java.util.concurrent.CompletableFuture;

/** The reply to one script: like a single command it was either refused or sent as a whole. */
final class ScriptReply<T> extends CompletableFuture<T> {}
