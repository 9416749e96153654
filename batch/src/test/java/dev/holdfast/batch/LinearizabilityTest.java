package dev.holdfast.batch;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Reads and writes through a loader behave like one register: outside scopes, where nothing may be remembered, and in one scope
 * that several threads share, where a write is followed by a clear. So no load joins a batch that began before it in the first, and
 * no batch that began before a clear is remembered in the second.
 */
@Tag("stress")
public class LinearizabilityTest {
    private final AtomicInteger register = new AtomicInteger();
    private final BatchLoader<Long, Integer> loader = BatchLoader.mapped("register", (keys, call) -> {
        Map<Long, Integer> found = new HashMap<>();
        int value = register.get();
        keys.forEach(key -> found.put(key, value));
        return found;
    });
    private final Dispatcher dispatcher;
    private final BatchScope scope;

    public LinearizabilityTest() {
        scope = BatchScope.open();
        dispatcher = scope.dispatcher();
        // Every operation says itself whether it works for the scope, whatever thread made it.
        Binding current = Binding.current();
        if (current != null) {
            current.pop();
        }
    }

    private <T> T inScope(java.util.function.Supplier<T> action) {
        Binding binding = new Binding(dispatcher, scope, null);
        binding.push();
        try {
            return action.get();
        } finally {
            binding.pop();
        }
    }

    @Operation
    public int loadOutside() {
        return loader.load(1L);
    }

    @Operation
    public int loadAllOutside() {
        return loader.loadAll(List.of(1L, 2L)).get(1L);
    }

    @Operation
    public int loadAsyncOutside() {
        return loader.loadAsync(1L).join();
    }

    @Operation
    public int loadInScope() {
        return inScope(() -> loader.load(1L));
    }

    @Operation
    public int joinInScope() {
        return inScope(() -> loader.loadAsync(1L).thenApply(value -> value).join());
    }

    @Operation
    public void write() {
        inScope(() -> {
            // Between the two a load of the scope may still see what it remembers: so both are one step for it.
            dispatcher.onLane(loader, lane -> {
                register.incrementAndGet();
                lane.forget((Object) 1L);
            });
            return 0;
        });
    }

    @Test
    void readsAndWrites_ofThreeThreads_behaveLikeOneRegister() {
        new StressOptions()
                .iterations(10)
                .invocationsPerIteration(200)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(2)
                .sequentialSpecification(Register.class)
                .check(LinearizabilityTest.class);
    }

    /** What the loader must be indistinguishable from. */
    public static class Register {
        private int value;

        public int loadOutside() {
            return value;
        }

        public int loadAllOutside() {
            return value;
        }

        public int loadAsyncOutside() {
            return value;
        }

        public int loadInScope() {
            return value;
        }

        public int joinInScope() {
            return value;
        }

        public void write() {
            value++;
        }
    }
}
