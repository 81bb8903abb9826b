package io.swytch.store.l2;

import java.nio.file.Path;

/** Opens a data directory from a process of its own: exits with 0, or prints why not and exits with 3. */
final class OpenMain {
    private OpenMain() {}

    public static void main(String[] args) {
        try (L2 l2 = L2.open(L2Options.of(Path.of(args[0])))) {
            System.out.println(l2.directoryId());
        } catch (L2Exception e) {
            System.out.println(e.getMessage());
            System.exit(3);
        }
    }
}
