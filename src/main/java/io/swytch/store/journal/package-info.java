/** The redo log: effects, records, segments, fsync and replay. */
@NullMarked
package io.swytch.store.journal;

import org.jspecify.annotations.NullMarked;
