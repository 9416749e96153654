/** Says what is about to happen; Maven runs this file before it builds anything. */
final class Announce {
    public static void main(String[] arguments) {
        System.out.println("Holdfast storefront: building and fetching what is missing (no tests) ...");
    }
}
