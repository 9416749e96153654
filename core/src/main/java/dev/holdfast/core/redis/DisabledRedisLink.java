package dev.holdfast.core.redis;

final class DisabledRedisLink {
    static final RedisLink INSTANCE = RedisLink.connect("");
}
