package io.swytch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.swytch.command.Families;
import io.swytch.command.spec.Catalogue;
import io.swytch.command.spec.CommandSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** README's table of commands says what this build knows. */
class ReadmeTest {
    private static final Pattern COMMAND = Pattern.compile("`([A-Z_]+)`");

    @Test
    void supportTable_isTheCatalogue() throws IOException {
        TreeSet<String> told = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("README.md"))) {
            String[] cells = line.split("\\|", -1);
            // | group | supported | not there |
            if (cells.length == 5 && cells[2].startsWith(" `")) {
                Matcher names = COMMAND.matcher(cells[2]);
                while (names.find()) {
                    told.add(names.group(1));
                }
            }
        }
        TreeSet<String> known = new TreeSet<>();
        for (CommandSpec command : new Catalogue(Families.ALL).all()) {
            if (!command.fullName().contains("|")) {
                known.add(command.name().toUpperCase(Locale.ROOT));
            }
        }
        assertEquals(known, told);
    }
}
