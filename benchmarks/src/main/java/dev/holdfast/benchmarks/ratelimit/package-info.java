/** The rate limiter against raw clients and peers. */
package dev.holdfast.benchmarks.ratelimit;
