/**
 * What the library is compared with: raw clients in the set-up that somebody who knows them would choose, and the data
 * that both sides hold.
 */
package dev.holdfast.benchmarks.floor;
