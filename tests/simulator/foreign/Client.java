// Makes the calls of a plan with Java's own HttpClient, which asks for HTTP/2 and a challenge first.
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

public class Client {
    public static void main(String[] words) throws Exception {
        var client = HttpClient.newBuilder().authenticator(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(words[1], words[2].toCharArray());
            }
        }).build();
        for (String line : Files.readAllLines(Path.of(words[3]))) {
            var parts = line.split("\t", 3);
            var body = parts[2].getBytes(StandardCharsets.UTF_8);
            var publisher = body.length == 0
                ? BodyPublishers.noBody()
                : BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body));
            var request = HttpRequest.newBuilder(URI.create(words[0] + parts[1]))
                .header("Content-Type", "application/json")
                .method(parts[0], publisher)
                .build();
            var answer = client.send(request, BodyHandlers.ofString());
            var wait = answer.headers().firstValue("Retry-After").orElse("");
            System.out.println(answer.statusCode() + "\t" + wait + "\t" + answer.body());
        }
    }
}
