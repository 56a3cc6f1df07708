# Makes the calls of a plan with Perl's own HTTP::Tiny; a body is handed over bit by bit, in chunks.
use strict;
use warnings;
use HTTP::Tiny;
use MIME::Base64;

my ($address, $user, $password, $plan) = @ARGV;
my $http = HTTP::Tiny->new(keep_alive => 1, timeout => 10);
my $authorization = "Basic " . encode_base64("$user:$password", "");
open(my $lines, "<", $plan) or die "$plan: $!";
while (my $line = <$lines>) {
    chomp $line;
    my ($method, $path, $body) = split /\t/, $line, 3;
    my %options = (headers => { Authorization => $authorization });
    if (length $body) {
        my @pieces = ($body =~ /(.{1,40})/g);
        $options{headers}{"Content-Type"} = "application/json";
        $options{content} = sub { shift @pieces };
    }
    my $answer = $http->request($method, "$address$path", \%options);
    die $answer->{content} if $answer->{status} == 599;
    print join("\t", $answer->{status}, $answer->{headers}{"retry-after"} // "", $answer->{content}), "\n";
}
