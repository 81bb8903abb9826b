package io.swytch.stats;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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

    /** Looked for when they are first asked, which no start should wait for, and then kept: to look for them made more garbage than all the rest. */
    private static final class Beans {
        static final MemoryMXBean HEAP = ManagementFactory.getMemoryMXBean();
        static final List<MemoryPoolMXBean> POOLS = ManagementFactory.getMemoryPoolMXBeans();
        static final List<BufferPoolMXBean> BUFFERS = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
    }

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path STAT = Path.of("/proc/self/stat");

    /** More than the kernel has ever said in one of these files. */
    private static final int TEXT_BYTES_MAX = 4 << 10;

    /** Reads them now; what cannot be read is 0. Reads {@code /proc}. */
    static ProcessFigures read() {
        long resident = 0;
        long user = 0;
        long system = 0;
        try {
            resident = kilobytes(text(STATUS), "VmRSS:") * 1024;
            String stat = text(STAT);
            // The second field is the program's name in parentheses and may hold anything; utime and stime are fields
            // 14 and 15.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            user = Long.parseLong(fields[11]) * NANOS_PER_TICK;
            system = Long.parseLong(fields[12]) * NANOS_PER_TICK;
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            // No Linux, or a strange one: the figures are for show, nothing depends on them.
            resident = Math.max(0, resident);
        }
        MemoryUsage heap = Beans.HEAP.getHeapMemoryUsage();
        long touched = 0;
        long metaspace = 0;
        long code = 0;
        for (MemoryPoolMXBean pool : Beans.POOLS) {
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
        for (BufferPoolMXBean pool : Beans.BUFFERS) {
            if (pool.getName().equals("direct")) {
                direct = pool.getMemoryUsed();
            }
        }
        return new ProcessFigures(
                resident, user, system, heap.getUsed(), heap.getCommitted(), touched, metaspace, code, direct);
    }

    /** A file of {@code /proc}, whole. Looked at for as long as the server runs, so nothing is made that is not needed. */
    private static String text(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = new byte[TEXT_BYTES_MAX];
            int n = in.readNBytes(bytes, 0, bytes.length);
            return new String(bytes, 0, n, StandardCharsets.ISO_8859_1);
        }
    }

    /** The number of a line such as {@code VmRSS:     1234 kB}; 0 if there is none. */
    private static long kilobytes(String status, String name) {
        int from = status.indexOf("\n" + name);
        if (from < 0) {
            return 0;
        }
        from += 1 + name.length();
        return Long.parseLong(
                status.substring(from, status.indexOf(" kB", from)).strip());
    }
}
