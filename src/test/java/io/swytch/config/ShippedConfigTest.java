package io.swytch.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The file that is shipped explains every setting and shows its default; README lists it. */
class ShippedConfigTest {
    private static final Path SHIPPED = Path.of("config", "swytch.conf");

    @Test
    void everySetting_standsThereWithItsDefault() throws Exception {
        Settings shipped = Settings.load(SHIPPED, Map.of(), List.of());
        Settings defaults = Settings.of();
        assertEquals(List.of(), shipped.warnings());
        for (String name : defaults.names()) {
            assertEquals(defaults.get(name), shipped.get(name), name);
        }
        List<String> lines = Files.readAllLines(SHIPPED);
        for (Setting setting : Settings.table()) {
            assertTrue(lines.stream().anyMatch(l -> l.startsWith(setting.name() + " ")), setting.name());
        }
    }

    @Test
    void readme_listsEverySetting() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        for (Setting setting : Settings.table()) {
            assertTrue(readme.contains("| `--" + setting.name() + "` "), setting.name());
        }
    }

    @Test
    void settingsThatCanChange_areMarked() throws Exception {
        List<String> lines = Files.readAllLines(SHIPPED);
        for (Setting setting : Settings.table()) {
            int at = 0;
            while (!lines.get(at).startsWith(setting.name() + " ")) {
                at++;
            }
            assertEquals(setting.isMutable(), lines.get(at - 1).contains("[set]"), setting.name());
        }
    }
}
