package io.swytch.store.l2;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** The disk, or what is on it, failed L2; the message names the file or the reason. */
public final class L2Exception extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean damage;

    L2Exception(String message) {
        super(message);
        damage = false;
    }

    L2Exception(String message, IOException cause) {
        super(message + ": " + cause.getMessage() + reason(cause), cause);
        damage = false;
    }

    L2Exception(String message, RocksDBException cause) {
        super(message + ": " + cause.getMessage() + codes(cause.getStatus()), cause);
        Status status = cause.getStatus();
        damage = status != null && status.getCode() == Status.Code.Corruption;
    }

    /** What Java's exceptions of a file system leave to their class, where their text is only the name of the file. */
    private static String reason(IOException cause) {
        if (cause instanceof AccessDeniedException) {
            return " (permission denied)";
        }
        if (cause instanceof FileAlreadyExistsException) {
            return " (there is a file that is no directory)";
        }
        return cause instanceof NoSuchFileException ? " (no such file or directory)" : "";
    }

    /** RocksDB's own message sometimes says nothing, as "Undefined" for a compaction that ran out of disk. */
    private static String codes(@Nullable Status status) {
        return status == null ? "" : " (" + status.getCode() + ", " + status.getSubCode() + ")";
    }

    /** Whether files are not what RocksDB wrote. */
    public boolean isDamage() {
        return damage;
    }
}
