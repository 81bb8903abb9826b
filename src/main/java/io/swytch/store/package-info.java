/** The store: L1 alone, or L1 over the journal and L2. Fill, commit, drain. Moves items, never looks inside. */
@NullMarked
package io.swytch.store;

import org.jspecify.annotations.NullMarked;
