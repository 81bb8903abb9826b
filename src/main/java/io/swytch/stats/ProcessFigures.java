package io.swytch.stats;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the operating system says of this process.
 *
 * @param residentBytes physical memory
 * @param userNanos CPU time in user mode
 * @param systemNanos CPU time in the kernel
 * @param heapBytes Java heap in use
 * @param heapCommittedBytes Java heap taken from the system
 * @param heapTouchedBytes what of it has ever been used since, and so is in physical memory, about
 * @param metaspaceBytes what the Java machine knows of classes
 * @param codeCacheBytes compiled code
 * @param directBytes memory of direct buffers
 */
public record ProcessFigures(
        long residentBytes,
        long userNanos,
        long systemNanos,
        long heapBytes,
        long heapCommittedBytes,
        long heapTouchedBytes,
        long metaspaceBytes,
        long codeCacheBytes,
        long directBytes) {
    static final ProcessFigures NONE = new ProcessFigures(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Linux counts CPU time for user space in hundredths of a second on every architecture that is supported. */
    private static final long NANOS_PER_TICK = 10_000_000;

    /** Reads them now; what cannot be read is 0. Reads {@code /proc}. */
    static ProcessFigures read() {
        long resident = 0;
        long user = 0;
        long system = 0;
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("VmRSS:")) {
                    resident = Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
            String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
            // The second field is the program's name in parentheses and may hold anything; utime and stime are fields
            // 14 and 15.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            user = Long.parseLong(fields[11]) * NANOS_PER_TICK;
            system = Long.parseLong(fields[12]) * NANOS_PER_TICK;
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            // No Linux, or a strange one: the figures are for show, nothing depends on them.
            resident = Math.max(0, resident);
        }
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        long touched = 0;
        long metaspace = 0;
        long code = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP) {
                touched +=
                        Math.min(pool.getPeakUsage().getUsed(), pool.getUsage().getCommitted());
            } else {
                // "Compressed Class Space" is a part of "Metaspace", the pools of code have names of many kinds.
                if (pool.getName().equals("Metaspace")) {
                    metaspace += pool.getUsage().getCommitted();
                } else if (pool.getName().startsWith("Code")) {
                    code += pool.getUsage().getCommitted();
                }
            }
        }
        long direct = 0;
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct")) {
                direct = pool.getMemoryUsed();
            }
        }
        return new ProcessFigures(
                resident, user, system, heap.getUsed(), heap.getCommitted(), touched, metaspace, code, direct);
    }
}
