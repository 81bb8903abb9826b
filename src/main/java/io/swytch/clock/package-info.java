/** Leaf: time. The only room that reads the machine's clocks. */
@NullMarked
package io.swytch.clock;

import org.jspecify.annotations.NullMarked;
