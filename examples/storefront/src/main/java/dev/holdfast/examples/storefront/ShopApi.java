package dev.holdfast.examples.storefront;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;

/**
 * Turns an address under one path into a call of the shop: the part of the HTTP layer that both paths share.
 *
 * <p>Thread-safe.
 */
final class ShopApi {
    /** A request that has been understood. */
    record Call(Endpoint endpoint, Object answer) {}

    private static final int MAX_PAGE = 1_000_000;
    private static final long MAX_PRICE_CENTS = 100_000_000;

    private final Shop shop;

    ShopApi(Shop shop) {
        this.shop = shop;
    }

    /**
     * Answers a request.
     *
     * @param method of HTTP
     * @param segments of the address, without that of the path
     * @param query of the address, empty if it has none
     * @param body of the request
     * @throws HttpProblem if the request cannot be understood, or what it names does not exist
     */
    Call answer(String method, String[] segments, String query, String body) {
        if (segments.length == 2 && segments[0].equals("products")) {
            allow(method, "GET");
            long id = number("product", segments[1], Long.MAX_VALUE);
            return new Call(Endpoint.PRODUCT, found(shop.product(id), "product " + id));
        }
        if (segments.length == 3 && segments[0].equals("users") && segments[2].equals("orders")) {
            allow(method, "GET");
            long user = number("user", segments[1], Long.MAX_VALUE);
            int page = (int) number("page", parameter(query, "page").orElse("1"), MAX_PAGE);
            return new Call(Endpoint.ORDERS, shop.orders(user, page));
        }
        if (segments.length == 1 && segments[0].equals("summary")) {
            allow(method, "GET");
            return new Call(Endpoint.SUMMARY, shop.summary(day(query)));
        }
        if (segments.length == 3 && segments[0].equals("products") && segments[2].equals("price")) {
            allow(method, "PUT");
            long id = number("product", segments[1], Long.MAX_VALUE);
            long price = number("price in cents", body.strip(), MAX_PRICE_CENTS);
            return new Call(Endpoint.PRICE, found(shop.changePrice(id, price), "product " + id));
        }
        throw HttpProblem.notFound("address");
    }

    private static void allow(String method, String allowed) {
        if (!method.equals(allowed)) {
            throw new HttpProblem(405, "use " + allowed);
        }
    }

    private static <T> T found(Optional<T> answer, String what) {
        return answer.orElseThrow(() -> HttpProblem.notFound(what));
    }

    private static long number(String what, String text, long max) {
        try {
            long number = Long.parseLong(text);
            if (number >= 1 && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Answered below, like a number out of range.
        }
        throw HttpProblem.badRequest(what + " must be a whole number from 1 to " + max);
    }

    private static LocalDate day(String query) {
        String text = parameter(query, "day").orElseThrow(() -> HttpProblem.badRequest("day is missing"));
        try {
            LocalDate day = LocalDate.parse(text);
            if (day.getYear() >= 1970 && day.getYear() <= 9999) {
                return day;
            }
        } catch (DateTimeException e) {
            // Answered below, like a day out of range.
        }
        throw HttpProblem.badRequest("day must be a date such as " + Scale.lastDay());
    }

    private static Optional<String> parameter(String query, String name) {
        for (String pair : query.split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return Optional.of(pair.substring(name.length() + 1));
            }
        }
        return Optional.empty();
    }
}
