package dev.holdfast.core.redis;

/**
 * One step in the life of a {@link RedisLink}.
 *
 * @param from the state before
 * @param to the state now; equal to {@code from} if only the generation moved
 * @param generation number of the connection and topology now, as {@link RedisLink#generation()} returns it
 * @param reason why, in one sentence, free of secrets
 */
public record LinkChange(LinkState from, LinkState to, long generation, String reason) {}
