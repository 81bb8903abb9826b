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

    private static void tendFor(DiskReserve reserve, ManualClock clock, int seconds) {
        for (int i = 0; i < seconds; i++) {
            clock.advance(Duration.ofSeconds(1));
            reserve.tend(clock);
        }
    }

    /** What a link points to had been written to, and cut by a start on a full disk. */
    @Test
    void reserve_leavesAlone_whatOnlyBearsItsName() throws IOException {
        Path file = dir.resolve(DiskReserve.FILE);
        Path other = Files.writeString(dir.resolve("other"), "precious");
        Files.createSymbolicLink(file, other);
        DiskReserve linked = new DiskReserve(dir);
        linked.giveWhatAStartLacks();
        tendFor(linked, clock, 90);
        assertEquals(0, linked.bytes());
        assertEquals("precious", Files.readString(other));

        Files.delete(file);
        Files.createDirectory(file);
        DiskReserve taken = new DiskReserve(dir);
        taken.giveWhatAStartLacks();
        tendFor(taken, clock, 90);
        assertEquals(0, taken.bytes());
        // As soon as the name is free, there is one.
        Files.delete(file);
        tendFor(taken, clock, 90);
        assertEquals(16 * MIB, Files.size(file));
    }

    @Test
    void reserve_thatSomebodyDeleted_isMadeAgain() throws IOException {
        Path file = dir.resolve(DiskReserve.FILE);
        DiskReserve reserve = new DiskReserve(dir);
        reserve.giveWhatAStartLacks();
        tendFor(reserve, clock, 5);
        long before = reserve.bytes();
        assertFalse(before == 0 || before == 16 * MIB);
        Files.delete(file);
        tendFor(reserve, clock, 30);
        assertEquals(16 * MIB, Files.size(file));
        assertEquals(16 * MIB, reserve.bytes());
        Files.delete(file);
        tendFor(reserve, clock, 90);
        assertEquals(16 * MIB, Files.size(file));
    }
}
