package dev.holdfast.benchmarks.floor;

/**
 * A cached value, of about 200 bytes as JSON.
 *
 * @param id its key
 * @param name about 20 characters
 * @param brand about 10 characters
 * @param cents price
 * @param description fills up
 */
public record Item(long id, String name, String brand, long cents, String description) {}
