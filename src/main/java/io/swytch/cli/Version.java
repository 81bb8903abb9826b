package io.swytch.cli;

/** The version of the build, as the manifest of the jar names it. */
final class Version {
    private Version() {}

    static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** One line with the version, and the Java and the machine it runs on. */
    static String line() {
        return "swytch " + text() + " (Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ")";
    }
}
