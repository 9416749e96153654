package dev.holdfast.cache.warming;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Walks over pages as over one sequence, and holds one page; for one thread. */
final class PagedKeys<K> implements Iterator<K> {
    private final KeySource.Pages<K> pages;
    private Iterator<? extends K> page = List.<K>of().iterator();
    private @Nullable K last;
    private boolean ended;

    PagedKeys(KeySource.Pages<K> pages) {
        this.pages = pages;
    }

    @Override
    public boolean hasNext() {
        if (!ended && !page.hasNext()) {
            page = read().iterator();
            ended = !page.hasNext();
        }
        return !ended;
    }

    @Override
    public K next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no page is left");
        }
        K key = page.next();
        last = key;
        return key;
    }

    private List<? extends K> read() {
        try {
            return pages.after(last);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new KeySourceException(e);
        }
    }
}
