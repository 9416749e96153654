package dev.holdfast.batch.watch;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * Small programs as they are found in applications, right ones and wrong ones; the verdict on each is in QueryWatchPrecisionTest.
 *
 * <p>The shop: 20 customers, 40 orders of two customers' each turn, 3 items per order, categories in a tree.
 */
final class Programs {
    private final DataSource db;
    private final DataSource[] shards;
    private final QueryScopes scopes;

    /** How a program takes the request's scope to other threads. */
    interface QueryScopes {
        <T> Callable<T> wrap(Callable<T> task);
    }

    record Order(long id, long customer) {}

    Programs(DataSource db, DataSource[] shards, QueryScopes scopes) {
        this.db = db;
        this.shards = shards;
        this.scopes = scopes;
    }

    static void createSchema(DataSource db) throws SQLException {
        try (Connection connection = db.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table customers (id bigint primary key, name varchar(50), code varchar(36))");
            statement.execute("create table orders (id bigint primary key, customer_id bigint, status int)");
            statement.execute("create table items (id bigint primary key, order_id bigint, product varchar(50))");
            statement.execute("create table categories (id bigint primary key, parent_id bigint)");
            statement.execute("create table jobs (id bigint primary key, done int)");
            statement.execute("create table settings (name varchar(50) primary key, content varchar(50))");
            statement.execute("create sequence order_ids start with 5000");
            statement.execute(
                    "insert into customers select 1000 + x, 'customer ' || x, 'code-' || x from system_range(1, 20)");
            statement.execute("insert into orders select 2000 + x, 1000 + 1 + mod(x, 20), 1 from system_range(1, 40)");
            statement.execute(
                    "insert into items select 3000 + x, 2000 + 1 + mod(x, 40), 'product' from system_range(1, 120)");
            statement.execute("insert into categories select 4000 + x, case when x = 1 then null else 4000 + x / 3 end"
                    + " from system_range(1, 30)");
            statement.execute("insert into jobs select 6000 + x, 0 from system_range(1, 10)");
            statement.execute("insert into settings select 'setting-' || x, 'value' from system_range(1, 20)");
        }
    }

    // What the programs share.

    private List<Order> orders() throws SQLException {
        try (Connection connection = db.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("select id, customer_id from orders where status = ?")) {
            statement.setInt(1, 1);
            try (ResultSet result = statement.executeQuery()) {
                List<Order> orders = new ArrayList<>();
                while (result.next()) {
                    orders.add(new Order(result.getLong(1), result.getLong(2)));
                }
                return orders;
            }
        }
    }

    private String text(DataSource from, String sql, Object... binds) throws SQLException {
        try (Connection connection = from.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < binds.length; i++) {
                statement.setObject(i + 1, binds[i]);
            }
            try (ResultSet result = statement.executeQuery()) {
                String last = null;
                while (result.next()) {
                    last = result.getString(1);
                }
                return last;
            }
        }
    }

    private String customerName(long id) throws SQLException {
        return text(db, "select name from customers where id = ?", id);
    }

    // Wrong ones.

    void loopOverParents() throws SQLException {
        for (Order order : orders()) {
            customerName(order.customer());
        }
    }

    void loopOverChildrenLists() throws SQLException {
        for (Order order : orders()) {
            text(db, "select product from items where order_id = ? order by id", order.id());
        }
    }

    void streamOverParents() throws SQLException {
        orders().stream()
                .map(Order::id)
                .forEach(id -> unchecked(() -> text(db, "select product from items where order_id = ?", id)));
    }

    void parallelStreamOverParents() throws SQLException {
        orders().parallelStream()
                .forEach(order -> unchecked(
                        scopes.wrap(() -> text(db, "select product from items where order_id = ?", order.id()))));
    }

    void executorOverParents() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(4);
        try {
            List<Future<String>> names = new ArrayList<>();
            for (Order order : orders()) {
                names.add(executor.submit(
                        scopes.wrap(() -> text(db, "select name from customers where id = ?", order.customer()))));
            }
            for (Future<String> name : names) {
                name.get();
            }
        } finally {
            executor.shutdown();
        }
    }

    /** What an object-relational mapper does: a proxy that loads when it is touched. */
    void lazyProxies() throws SQLException {
        List<LazyCustomer> customers = new ArrayList<>();
        for (Order order : orders()) {
            customers.add(new LazyCustomer(order.customer()));
        }
        for (LazyCustomer customer : customers) {
            customer.name();
        }
    }

    private final class LazyCustomer {
        private final long id;
        private String name;

        LazyCustomer(long id) {
            this.id = id;
        }

        String name() throws SQLException {
            if (name == null) {
                name = customerName(id);
            }
            return name;
        }
    }

    /** A mapper's lazy collection: loads when it is iterated. */
    void lazyCollections() throws SQLException {
        List<Iterable<String>> collections = new ArrayList<>();
        for (Order order : orders()) {
            collections.add(() -> products(order.id()));
        }
        List<String> all = new ArrayList<>();
        collections.forEach(products -> products.forEach(all::add));
    }

    private Iterator<String> products(long order) {
        return List.of(unchecked(() -> text(db, "select product from items where order_id = ?", order)))
                .iterator();
    }

    void literalsInsteadOfParameters() throws SQLException {
        for (Order order : orders()) {
            text(db, "select name from customers where id = " + order.customer() + " and 1 = ?", order.id());
        }
    }

    void keysAsText() throws SQLException {
        List<String> codes = new ArrayList<>();
        try (Connection connection = db.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select code from customers")) {
            while (result.next()) {
                codes.add(result.getString("code"));
            }
        }
        for (String code : codes) {
            text(db, "select name from customers where code = ?", code);
        }
    }

    /** The ids come with the request; no earlier query gave them. */
    void loopOverIdsOfTheRequest() throws SQLException {
        for (long id = 1001; id <= 1010; id++) {
            customerName(id);
        }
    }

    void twoLevels() throws SQLException {
        for (Order order : orders()) {
            String customer = text(db, "select id from customers where id = ?", order.customer());
            text(db, "select count(*) from orders where customer_id = ?", Long.parseLong(customer));
        }
    }

    void treeWalk() throws SQLException {
        walk(4001L);
    }

    private void walk(long category) throws SQLException {
        for (long child : children(category)) {
            walk(child);
        }
    }

    private List<Long> children(long category) throws SQLException {
        List<Long> children = new ArrayList<>();
        try (Connection connection = db.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("select id from categories where parent_id = ?")) {
            statement.setLong(1, category);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    children.add(result.getLong(1));
                }
            }
        }
        return children;
    }

    void latestItemOfEachOrder() throws SQLException {
        for (Order order : orders()) {
            text(db, "select product from items where order_id = ? order by id desc limit 1", order.id());
        }
    }

    void topThreeOfEachOrder() throws SQLException {
        for (Order order : orders()) {
            text(db, "select product from items where order_id = ? order by id limit 3", order.id());
        }
    }

    void preparedOnceExecutedPerParent() throws SQLException {
        List<Order> orders = orders();
        try (Connection connection = db.getConnection();
                PreparedStatement statement = connection.prepareStatement("select name from customers where id = ?")) {
            for (Order order : orders) {
                statement.setLong(1, order.customer());
                statement.execute();
                statement.getResultSet().next();
            }
        }
    }

    // Right ones.

    void oneJoin() throws SQLException {
        text(db, "select c.name from orders o join customers c on c.id = o.customer_id where o.status = ?", 1);
    }

    void listOfKeysInOneQuery() throws SQLException {
        List<Long> ids = orders().stream().map(Order::customer).distinct().toList();
        text(db, "select name from customers where id in (" + "?, ".repeat(ids.size() - 1) + "?)", ids.toArray());
    }

    void listOfKeysInChunks() throws SQLException {
        List<Long> ids = orders().stream().map(Order::id).toList();
        for (int from = 0; from < ids.size(); from += 4) {
            text(
                    db,
                    "select product from items where order_id in (?, ?, ?, ?)",
                    ids.subList(from, from + 4).toArray());
        }
    }

    void arraysOfKeysInChunks() throws SQLException {
        List<Long> ids = orders().stream().map(Order::id).toList();
        for (int from = 0; from < ids.size(); from += 4) {
            try (Connection connection = db.getConnection();
                    PreparedStatement statement =
                            connection.prepareStatement("select product from items where order_id = any(?)")) {
                Array keys = connection.createArrayOf(
                        "bigint", ids.subList(from, from + 4).toArray());
                statement.setArray(1, keys);
                statement.executeQuery().next();
            }
        }
    }

    void literalListsInChunks() throws SQLException {
        List<Long> ids = orders().stream().map(Order::id).toList();
        for (int from = 0; from < ids.size(); from += 4) {
            String keys =
                    ids.subList(from, from + 4).toString().replace("[", "").replace("]", "");
            text(db, "select product from items where order_id in (" + keys + ") and 1 <> ?", from);
        }
    }

    void retries() throws SQLException {
        for (int attempt = 0; attempt < 10; attempt++) {
            customerName(1001);
        }
    }

    void polling() throws SQLException {
        for (int poll = 0; poll < 20; poll++) {
            text(db, "select count(*) from jobs where done = ?", 0);
        }
    }

    void pagesByOffset() throws SQLException {
        for (int page = 0; page < 10; page++) {
            text(db, "select id from orders order by id limit ? offset ?", 4, page * 4);
        }
    }

    void pagesByKey() throws SQLException {
        long after = 0;
        for (int page = 0; page < 10; page++) {
            after = Long.parseLong(text(db, "select id from orders where id > ? order by id limit 4", after));
        }
    }

    void pagesByKeyInStandardSql() throws SQLException {
        long after = 0;
        for (int page = 0; page < 10; page++) {
            after = Long.parseLong(
                    text(db, "select id from orders where id > ? order by id fetch first 4 rows only", after));
        }
    }

    /** Each row names the next: nothing can be asked at once. */
    void linkedList() throws SQLException {
        String next = "4030";
        while (next != null && !next.equals("4001")) {
            next = text(db, "select parent_id from categories where id = ?", Long.parseLong(next));
        }
        String customer = text(db, "select max(id) from customers");
        for (int i = 0; i < 8; i++) {
            customer = text(db, "select max(id) from customers where id < ?", Long.parseLong(customer));
        }
    }

    void workQueue() throws SQLException {
        for (int i = 0; i < 10; i++) {
            String job = text(db, "select min(id) from jobs where done = 0");
            text(db, "select done from jobs where id = ?", Long.parseLong(job));
            update("update jobs set done = 1 where id = ?", Long.parseLong(job));
        }
    }

    void insertThenReadBack() throws SQLException {
        for (long id = 7000; id < 7010; id++) {
            update("insert into orders values (?, ?, 2)", id, 1001);
            text(db, "select status from orders where id = ?", id);
        }
    }

    void insertWithGeneratedKeysThenReadBack() throws SQLException {
        for (int i = 0; i < 10; i++) {
            long id;
            try (Connection connection = db.getConnection();
                    PreparedStatement insert = connection.prepareStatement(
                            "insert into orders values (next value for order_ids, 1001, 2)", new String[] {"id"})) {
                insert.executeUpdate();
                try (ResultSet keys = insert.getGeneratedKeys()) {
                    keys.next();
                    id = keys.getLong(1);
                }
            }
            text(db, "select status from orders where id = ?", id);
        }
    }

    void updatesInALoop() throws SQLException {
        for (Order order : orders()) {
            update("update orders set status = status where id = ?", order.id());
        }
    }

    void insertsAsBatch() throws SQLException {
        try (Connection connection = db.getConnection();
                PreparedStatement insert = connection.prepareStatement("insert into orders values (?, 1001, 2)")) {
            for (long id = 8000; id < 8020; id++) {
                insert.setLong(1, id);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    void oneQueryPerShard() throws SQLException {
        long customer = Long.parseLong(text(db, "select max(id) from customers"));
        for (int shard = 0; shard < shards.length; shard++) {
            text(shards[shard], "select name from customers where id = ? and 1 <> ?", customer, shard + 5000);
        }
    }

    /** One method, called from lines of their own. */
    void sameQueryFromDifferentLines() throws SQLException {
        customerName(1001);
        customerName(1002);
        customerName(1003);
        customerName(1004);
        customerName(1005);
        customerName(1006);
    }

    void severalPreparedOnceForTheirOwnPurpose() throws SQLException {
        setting("setting-1");
        setting("setting-2");
        setting("setting-3");
        setting("setting-4");
        setting("setting-5");
        setting("setting-6");
    }

    private void setting(String name) throws SQLException {
        text(db, "select content from settings where name = ?", name);
    }

    void fewerThanTheThreshold() throws SQLException {
        for (Order order : orders().subList(0, 4)) {
            customerName(order.customer());
        }
    }

    void memoized() throws SQLException {
        Map<Long, String> names = new HashMap<>();
        List<Long> keys = IntStream.range(0, 40).mapToObj(i -> 1001L + i % 4).toList();
        for (long key : keys) {
            if (!names.containsKey(key)) {
                names.put(key, customerName(key));
            }
        }
    }

    void singleKeyLists() throws SQLException {
        for (int i = 0; i < 10; i++) {
            text(db, "select name from customers where id in (?, ?)", 1001, 1002 + i % 3);
        }
    }

    void failingQueryRetriedWithOtherParameters() {
        for (int i = 0; i < 10; i++) {
            try {
                text(db, "select 1 / (? - ?)", i, i);
                throw new AssertionError("division by zero was accepted");
            } catch (SQLException expected) {
                // Tried again.
            }
        }
    }

    private void update(String sql, Object... binds) throws SQLException {
        try (Connection connection = db.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < binds.length; i++) {
                statement.setObject(i + 1, binds[i]);
            }
            statement.executeUpdate();
        }
    }

    private static <T> T unchecked(Callable<T> task) {
        try {
            return task.call();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
