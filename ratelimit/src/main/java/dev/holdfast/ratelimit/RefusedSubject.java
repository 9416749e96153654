package dev.holdfast.ratelimit;

/**
 * One of the subjects that were refused most lately, on this node.
 *
 * @param subject the beginning of the SHA-256 of its name, which is a pseudonym and hides nothing from who can guess names; or
 *     the name itself if {@link RateLimiterBuilder#showSubjects()} was set
 * @param refusals how often, of which those of five minutes ago count half, those of ten a quarter and so on
 * @param error by how much that may be too high at most
 */
public record RefusedSubject(String subject, long refusals, long error) {}
