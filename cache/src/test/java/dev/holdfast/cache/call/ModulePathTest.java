package dev.holdfast.cache.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.redis.RedisLink;
import java.io.File;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link Cached} and {@link KeyHash} where the application and Holdfast are modules: who may be called, and what to do if not. */
class ModulePathTest {
    /** What Holdfast's modules require, and what these require; the rest of the class path holds no modules. */
    private static final Pattern NEEDED = Pattern.compile(
            "(?:caffeine|lettuce-core|redis-authx|netty|micrometer|reactor-core|reactive-streams|resilience4j|slf4j-api|logback"
                    + "|jspecify|HdrHistogram|LatencyUtils).*\\.jar");

    private static final String MODULE = """
            module app {
                requires dev.holdfast.cache;
                exports app.api;
                exports app.run;
                opens app.inside to dev.holdfast.cache;
            }
            """;

    private static final String SERVICE = """
            package app.%1$s;
            import dev.holdfast.cache.call.CacheResult;
            %2$s interface Service {
                record Request(long id, String text) {}
                @CacheResult("numbers") String number(Long id) throws java.io.IOException;
                @CacheResult("requests") String answer(Request request, int page);
                default String greeting() { return "hello " + page(); }
                String page();
            }
            """;

    private static final String RUN = """
            package app.%1$s;
            import dev.holdfast.cache.TieredCache;
            import dev.holdfast.cache.call.Cached;
            import dev.holdfast.core.redis.RedisLink;
            import java.util.ArrayList;
            import java.util.List;
            public final class Use {
                static final List<String> CALLS = new ArrayList<>();
                static final class Slow implements Service {
                    public String number(Long id) throws java.io.IOException {
                        CALLS.add("number " + id);
                        if (id < 0) throw new java.io.IOException("no " + id);
                        return "n" + id;
                    }
                    public String answer(Request request, int page) { CALLS.add(request.text() + page); return request.text(); }
                    public String page() { return "page"; }
                }
                static <K> TieredCache<K, String> cache(String name) {
                    return TieredCache.<K, String>builder(name).redis(RedisLink.disabled()).maximumSize(10).build();
                }
                public static List<String> run() throws Exception {
                    try (TieredCache<Long, String> numbers = cache("numbers"); TieredCache<String, String> answers = cache("requests")) {
                        Service service = Cached.wrap(Service.class, new Slow(), numbers, answers);
                        service.number(1L);
                        service.number(1L);
                        service.answer(new Service.Request(1, "why"), 2);
                        service.answer(new Service.Request(1, "why"), 2);
                        try { service.number(-1L); } catch (java.io.IOException e) { CALLS.add(e.getMessage()); }
                        CALLS.add(service.greeting());
                        return CALLS;
                    }
                }
            }
            """;

    /** The package of the interface is exported, opened to Holdfast, or neither; {@code app.run} hands over to those inside. */
    private static final String BRIDGE = """
            package app.run;
            public final class Bridge {
                public static java.util.List<String> inside() throws Exception { return app.inside.Use.run(); }
                public static java.util.List<String> closed() throws Exception { return app.closed.Use.run(); }
            }
            """;

    @TempDir
    private static Path directory;

    private static ClassLoader app;

    @BeforeAll
    static void compileAndLoad() throws IOException {
        Stream<Path> libraries = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(entry -> NEEDED.matcher(entry.getFileName().toString()).matches());
        Path[] path = Stream.concat(Stream.of(whereIs(Cached.class), whereIs(RedisLink.class)), libraries)
                .toArray(Path[]::new);
        write("module-info.java", MODULE);
        write("app/run/Bridge.java", BRIDGE);
        for (String name : List.of("api", "inside", "closed")) {
            write("app/" + name + "/Service.java", SERVICE.formatted(name, name.equals("api") ? "public" : ""));
            write("app/" + name + "/Use.java", RUN.formatted(name));
        }
        Path classes = directory.resolve("classes");
        try (Stream<Path> sources = Files.walk(directory.resolve("src"))) {
            String[] arguments = Stream.concat(
                            Stream.of(
                                    "-proc:none",
                                    "-d",
                                    classes.toString(),
                                    "--module-path",
                                    String.join(
                                            File.pathSeparator,
                                            Arrays.stream(path)
                                                    .map(Path::toString)
                                                    .toList())),
                            sources.map(Path::toString).filter(source -> source.endsWith(".java")))
                    .toArray(String[]::new);
            assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments))
                    .as("the compiler's exit code")
                    .isZero();
        }
        ModuleFinder finder = ModuleFinder.compose(ModuleFinder.of(classes), ModuleFinder.of(path));
        Configuration modules = ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), Set.of("app"));
        app = ModuleLayer.boot()
                .defineModulesWithOneLoader(modules, ClassLoader.getPlatformClassLoader())
                .findLoader("app");
    }

    private static Path whereIs(Class<?> type) {
        return Path.of(URI.create(
                type.getProtectionDomain().getCodeSource().getLocation().toString()));
    }

    private static void write(String name, String text) throws IOException {
        Path file = directory.resolve("src").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static List<?> call(String type, String method) throws Exception {
        return (List<?>) app.loadClass(type).getMethod(method).invoke(null);
    }

    private static final List<String> CALLS = List.of("number 1", "why2", "number -1", "no -1", "hello page");

    @Test
    void modules_areNamed() throws Exception {
        Class<?> cached = app.loadClass(Cached.class.getName());
        assertThat(cached.getModule().getName()).isEqualTo("dev.holdfast.cache");
        assertThat(cached).isNotSameAs(Cached.class);
    }

    @Test
    void interface_ofAnExportedPackage_isWrapped() throws Exception {
        assertThat(call("app.api.Use", "run")).isEqualTo(CALLS);
    }

    @Test
    void interface_ofAPackageOpenedToHoldfast_isWrapped() throws Exception {
        assertThat(call("app.run.Bridge", "inside")).isEqualTo(CALLS);
    }

    @Test
    void interface_thatHoldfastMayNotCall_isRefusedWithARemedy() {
        assertThatThrownBy(() -> call("app.run.Bridge", "closed"))
                .isInstanceOf(InvocationTargetException.class)
                .cause()
                .satisfies(e -> assertThat(e.getClass().getName()).isEqualTo(ConfigurationException.class.getName()))
                .hasMessageContaining("Service.number")
                .hasMessageContaining("export its package, or open it to module dev.holdfast.cache");
    }
}
