/** The tier in memory: shards of off-heap segments, an index each, S3-FIFO eviction, cleaning, large values. */
@NullMarked
package io.swytch.store.l1;

import org.jspecify.annotations.NullMarked;
