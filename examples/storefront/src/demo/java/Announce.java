/** Says what is about to happen; Maven runs this file before it builds anything. */
final class Announce {
    public static void main(String[] arguments) {
        System.out.println("Holdfast storefront: building it, and fetching what is missing; a minute or two the first time ...");
    }
}
