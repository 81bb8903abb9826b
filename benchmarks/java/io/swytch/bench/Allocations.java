package io.swytch.bench;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.StringJoiner;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Bytes that the threads of a running Java process have allocated on the heap since they began, exact to the byte. */
final class Allocations {
    static final String HELP = """
            allocations --pid N [--threads PREFIX]      prints one JSON object: thread name -> bytes allocated so far

            Attaches to the process, which must be the same user's, and asks its thread bean. The first call starts
            the bean's agent in that process; what that allocates, other threads do.
            --threads PREFIX  only threads whose names begin so (swytch-)
            """;

    private Allocations() {}

    // JNDI is warned of because a stranger may answer; here it is the process itself that was attached to.
    @SuppressWarnings("BanJNDI")
    static void run(Options options) throws IOException {
        String pid = options.text("pid");
        String prefix = options.text("threads", "swytch-");
        options.end();
        VirtualMachine machine;
        try {
            machine = VirtualMachine.attach(pid);
        } catch (AttachNotSupportedException e) {
            throw new IOException("process " + pid + " takes no attachment", e);
        }
        String address;
        try {
            address = machine.startLocalManagementAgent();
        } finally {
            machine.detach();
        }
        try (JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(address))) {
            MBeanServerConnection beans = connector.getMBeanServerConnection();
            com.sun.management.ThreadMXBean threads = ManagementFactory.newPlatformMXBeanProxy(
                    beans, ManagementFactory.THREAD_MXBEAN_NAME, com.sun.management.ThreadMXBean.class);
            long[] ids = threads.getAllThreadIds();
            long[] bytes = threads.getThreadAllocatedBytes(ids);
            StringJoiner json = new StringJoiner(", ", "{", "}");
            for (int i = 0; i < ids.length; i++) {
                var info = threads.getThreadInfo(ids[i]);
                if (info != null && bytes[i] >= 0 && info.getThreadName().startsWith(prefix)) {
                    json.add("\"" + info.getThreadName().replaceAll("[\"\\\\]", "_") + "\": " + bytes[i]);
                }
            }
            System.out.println(json);
        }
    }
}
