package io.swytch.store.l2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.swytch.clock.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reserve on a disk with room; what it does on a full one: {@code FullDiskStartIT}. */
class DiskReserveTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path dir;

    private final ManualClock clock = new ManualClock(1_800_000_000_000L);

    @Test
    void reserve_growsByPieces_someTimeAfterTheStart() throws IOException {
        DiskReserve reserve = new DiskReserve(dir);
        Path file = dir.resolve(DiskReserve.FILE);
        reserve.giveWhatAStartLacks();
        reserve.tend(clock);
        assertFalse(Files.exists(file));
        clock.advance(Duration.ofSeconds(2));
        for (int i = 1; i <= 20; i++) {
            reserve.tend(clock);
            assertEquals(Math.min(i, 16) * MIB, reserve.bytes());
            assertEquals(reserve.bytes(), Files.size(file));
        }
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void reserve_isLeftAsItIs_whereThereIsRoom_andGrowsOn() throws IOException {
        Path file = Files.write(dir.resolve(DiskReserve.FILE), new byte[(int) (3 * MIB)]);
        DiskReserve reserve = new DiskReserve(dir);
        reserve.giveWhatAStartLacks();
        assertEquals(3 * MIB, reserve.bytes());
        reserve.tend(clock);
        clock.advance(Duration.ofSeconds(2));
        reserve.tend(clock);
        assertEquals(4 * MIB, Files.size(file));
    }
}
