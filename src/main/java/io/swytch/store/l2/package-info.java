/** The tier on disk: RocksDB behind one class that owns its handles; column families, format version, sorted ingest, checkpoints. */
@NullMarked
package io.swytch.store.l2;

import org.jspecify.annotations.NullMarked;
