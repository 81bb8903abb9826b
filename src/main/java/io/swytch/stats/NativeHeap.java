package io.swytch.stats;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The C library's heap, where RocksDB's memory comes from: glibc keeps what was freed between blocks that are still in use. Threads: any.
 */
public final class NativeHeap {
    private static final Logger LOG = LoggerFactory.getLogger(NativeHeap.class);

    private NativeHeap() {}

    /**
     * Gives what is free back to the system, which may take tens of milliseconds. Does nothing where the Java machine cannot: Java 17 before 17.0.9,
     * or another C library.
     */
    public static void trim() {
        try {
            MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
            ObjectName diagnostics = new ObjectName("com.sun.management:type=DiagnosticCommand");
            Object said = beans.invoke(diagnostics, "systemTrimNativeHeap", new Object[0], new String[0]);
            LOG.debug("{}", said);
        } catch (JMException e) {
            LOG.debug("the native heap cannot be trimmed: {}", e.toString());
        }
    }
}
