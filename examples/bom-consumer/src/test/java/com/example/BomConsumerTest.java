package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user gets who imports nothing but the BOM. */
class BomConsumerTest {
    @ParameterizedTest
    @ValueSource(strings = {"core", "cache", "ratelimit", "pool", "health", "batch", "testkit"})
    void module_withVersionFromTheBom_isOnTheClassPath(String module) throws Exception {
        assertNotNull(Class.forName("dev.holdfast." + module + ".package-info"));
    }

    @Test
    void bom_coversEveryPublishedModule() throws Exception {
        Path root = Path.of("..", "..");
        Set<String> published = new TreeSet<>();
        Matcher modules = Pattern.compile("<module>([a-z]+)</module>").matcher(Files.readString(root.resolve("pom.xml")));
        while (modules.find()) {
            String module = modules.group(1);
            if (!Set.of("bom", "examples", "benchmarks").contains(module)) {
                published.add("holdfast-" + module);
            }
        }
        Set<String> covered = new TreeSet<>();
        Matcher managed = Pattern.compile("<artifactId>(holdfast-[a-z]+)</artifactId>\\s*<version>")
                .matcher(Files.readString(root.resolve("bom/pom.xml")).split("<dependencyManagement>")[1]);
        while (managed.find()) {
            covered.add(managed.group(1));
        }
        assertEquals(published, covered);
    }
}
