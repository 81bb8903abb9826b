/** Leaf: plain named counters, one writer each, summed by whoever reads. */
@NullMarked
package io.swytch.stats;

import org.jspecify.annotations.NullMarked;
