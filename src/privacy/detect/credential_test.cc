#include "privacy/detect/credential.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gleaner::privacy {
namespace {

// As the scanner does it: at every anchor until something is found.
std::optional<Finding> scan(std::string_view text, std::string_view key = "") {
  const Passage passage{text, key, 0};
  if (!key.empty()) {
    if (auto found = find_keyed_secret(passage)) return found;
  }
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    std::optional<Finding> found;
    if (c == ':') found = find_url_credentials(passage, at);
    if (!found && (c == ':' || c == '=' || c == '\xef')) found = find_secret(passage, at);
    if (!found && (c == 'w' || c == 'W') && at > 1 && (text[at - 1] | 32) == 's')
      found = find_spoken_password(passage, at);
    if (!found && c == '/' && at > 0 && text[at - 1] == ' ') found = find_paired_password(passage, at);
    if (found) return found;
  }
  return std::nullopt;
}

struct Case {
  std::string_view text;
  std::string_view secret;
};

void expect_found(std::span<const Case> cases, Kind kind) {
  for (const auto& [text, secret] : cases) {
    const std::optional<Finding> found = scan(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(text.substr(found->begin, found->end - found->begin), secret) << text;
    EXPECT_EQ(info(found->kind).name, info(kind).name) << text;
  }
}

TEST(CredentialTest, FindsPasswords) {
  const std::vector<Case> cases = {
      {"my password is hunter2", "hunter2"},
      {"My password is: Tr0ub4dor&3.", "Tr0ub4dor&3"},
      {"Passwort lautet Sommer2024!", "Sommer2024!"},
      {"password: swordfish1", "swordfish1"},
      {"password = 'swordfish'", "swordfish"},
      {"password is 'SecurePass123", "SecurePass123"},
      {"DB_PASSWORD=swordfish", "swordfish"},
      {R"({"user": "bob", "password": "hunter2"})", "hunter2"},
      {R"({\"user\": \"bob\", \"password\": \"hunter2\"})", "hunter2"},
      {"mysql -u root --password Secret99 db", "Secret99"},
      {"https://x.org/login?user=bob&password=letmein&next=1", "letmein"},
      {"Server=db;User Id=sa;Password=Str0ngPass;Encrypt=true", "Str0ngPass"},
      {"<password>swordfish</password>", "swordfish"},
      {"**Password:** `Tr33House!`", "Tr33House!"},
      {"**Password**\nTr33House!\nbye", "Tr33House!"},
      {"Password for the guest wifi: Blue-Sky-42", "Blue-Sky-42"},
      {"The wifi password is BlueSky42.", "BlueSky42"},
      {"the password was changed to Winter2024! today", "Winter2024!"},
      {"root password -> toor1234", "toor1234"},
      {"password 'Pay ments2024!'", "Pay ments2024!"},
      {"config[\"password\"] = \"hunter2\"", "hunter2"},
      {"password: str = \"hunter2\"", "hunter2"},
      {"password => 'hunter2'", "hunter2"},
      {"pwd: W!nter24", "W!nter24"},
      {"\xc5\x9f"
       "ifre: Ankara1923!",
       "Ankara1923!"},
      {"\xc5\x9e"
       "ifrem: deniz2020",
       "deniz2020"},
      {"contrase\xc3\xb1"
       "a: Madrid2024",
       "Madrid2024"},
      {"mot de passe : Paris1789!", "Paris1789!"},
      {"\u043f\u0430\u0440\u043e\u043b\u044c: qwerty123", "qwerty123"},
      {"\u5bc6\u7801: abc12345", "abc12345"},
      {"\u5bc6\u7801\uff1a"
       "abc12345",
       "abc12345"},
      {"\u30d1\u30b9\u30ef\u30fc\u30c9: sakura2024", "sakura2024"},
      {"\u0643\u0644\u0645\u0629 \u0627\u0644\u0645\u0631\u0648\u0631: Sahara99", "Sahara99"},
      {"PIN: 4821", "4821"},
      {"client_secret: 8f14e45fceea167a5a36dedd4bea2543", "8f14e45fceea167a5a36dedd4bea2543"},
      {"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
      {"curl -u admin:S3cret!pass https://x.org", "S3cret!pass"},
      {"john@example.com:hunter2x", "hunter2x"},
      {"login: john@example.com / Hunter2!!", "Hunter2!!"},
      {"login: bob / hunter2xy", "hunter2xy"},
      {"**Login:** bob / hunter2xy", "hunter2xy"},
      {"| Password | hunter2xy |", "hunter2xy"},
      {"| **Password** | `hunter2xy` |", "hunter2xy"},
      {"password:\nhunter2xy", "hunter2xy"},
      {"Cookie: session=7f9c2ba4e88f827d616045507605853e", "7f9c2ba4e88f827d616045507605853e"},
      {"Set-Cookie: sid=7f9c2ba4e88f827d616045507605853e; Path=/; HttpOnly", "7f9c2ba4e88f827d616045507605853e"},
      {"-H 'Cookie: theme=dark; sid=7f9c2ba4e88f827d616045507605853e; a=b'", "7f9c2ba4e88f827d616045507605853e"},
  };
  expect_found(cases, Kind::kPassword);
}

TEST(CredentialTest, FindsKeysBesideTheirWords) {
  const std::vector<Case> cases = {
      {"api_key = \"abcd1234efgh5678\"", "abcd1234efgh5678"},
      {"X-API-Key: 4f3d2c1b0a9988776655443322110099", "4f3d2c1b0a9988776655443322110099"},
      {"aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCY0123456789", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY0123456789"},
      {"auth_token='8d969eef6ecad3c2'", "8d969eef6ecad3c2"},
      {"access_token='abc123xyz'", "abc123xyz"},
      {"?sv=2020&sig=Z%2FRHIX5Xcg0Mq2rqI3OlWTjEg2tYkboXr1P9ZUXDtkk%3D",
       "Z%2FRHIX5Xcg0Mq2rqI3OlWTjEg2tYkboXr1P9ZUXDtkk%3D"},
  };
  expect_found(cases, Kind::kApiKey);
  EXPECT_TRUE(
      scan("?X-Amz-Expires=60&X-Amz-Signature=4f3d2c1b0a99887766554433221100994f3d2c1b0a9988776655443322110099"));
}

TEST(CredentialTest, FindsCredentialsInUrls) {
  const std::vector<Case> cases = {
      {"postgres://admin:s3cretpw@db.internal:5432/app", "admin:s3cretpw"},
      {"mongodb+srv://bob:p%40ss@cluster0.mongodb.net/test", "bob:p%40ss"},
      {"redis://:a1b2c3d4@localhost:6379/0", ":a1b2c3d4"},
      {"https://9f8e7d6c5b4a39281706f5e4d3c2b1a0@o0.ingest.sentry.io/1", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"},
      {"smtp://a@b.c:pw1@mail.b.c", "a@b.c:pw1"},
  };
  expect_found(cases, Kind::kUrlCredentials);
}

TEST(CredentialTest, LeavesEverythingElse) {
  const std::vector<std::string_view> survivors = {
      "password: required",
      "password: str",
      "password = None",
      "password = get_password()",
      "password = os.environ[\"DB_PASSWORD\"]",
      "password=process.env.DB_PASSWORD",
      "password: ${DB_PASSWORD}",
      "password: {{ db_password }}",
      "password = $password",
      "password=password, user=user",
      "password=db_pass, host=db",
      "password: ********",
      "password: <password>",
      "password: \"YOUR_PASSWORD_HERE\"",
      "password: [PASSWORD]",
      "password: [PASSWORD_3f2a]",
      "[PASSWORD]: a1B2c3D4e5F6g7H8i9J0",
      "password: changeme",
      "token: string",
      "max_tokens = 100",
      "token count: 1500",
      "secret santa: we meet at 5",
      "key: value",
      "password reset link: https://x.org/reset?id=abc123def456",
      "password must be 8-16 characters and contain 1 digit",
      "Enter your password 3 times",
      "The password is incorrect.",
      "my password is not working since 2023",
      "password hashing with bcrypt or argon2 or SHA256",
      "<input type=\"password\" name=\"password\" placeholder=\"Enter password\">",
      "<label for=\"password\">Password:</label>",
      "password: VARCHAR(255)",
      "password: String?",
      "def login(username: str, password: str) -> bool:",
      "self.password = password",
      "if password != confirm_password:",
      "pass: 3/5 tests",
      "Test pass: 12ms",
      "compass: 120deg",
      "next_page_token: CAUQAA1234567890abcdefghij",
      "api_key: YOUR_API_KEY",
      "api_key = os.environ.get(\"OPENAI_API_KEY\")",
      "primary_key: true",
      "http://host:8080/path@x",
      "https://medium.com/@user",
      "https://user:password@example.com/",
      "http://<user>:<password>@host",
      "https://${USER}:${PASS}@host/",
      "https://[CREDENTIALS]@host/",
      "git@github.com:user/repo.git",
      "scp root@10.0.0.1:/etc/passwd .",
      "user@host.com:22",
      "12:30:45 and a:b",
      "secret: kubernetes-secret-name",
      "The key to success: hard work 100%",
      "Authorization: Bearer $TOKEN",
      "GPIO pin: 4",
      "- password: minimum 8 characters",
      R"(passwd: x:1000:1000::/home/ann)",
      R"({"password":"required|min:8"})",
      R"('password' => 'required|confirmed|min:8')",
      R"({"password":"Şifre"})",
      R"({"password":"Password"})",
      R"(密码：至少8位)",
      R"(パスワード：8文字以上)",
      "Password strength: 80%",
      "| User | Password |",
      "| Password | Description |",
      "| Password | required |",
      "password:\n  type: string",
      "Password:\nrequired",
      "login: yes / no",
      "login: ann / bob",
      "Cookie: theme=dark; lang=en-US",
      "Cookie: [PASSWORD]; session=[PASSWORD]",
      "the cookie jar holds session=7f9c2ba4e88f827d616045507605853e"};
  for (const std::string_view text : survivors) {
    const std::optional<Finding> found = scan(text);
    EXPECT_FALSE(found) << text;
  }
}

TEST(CredentialTest, AMembersNameSaysIt) {
  EXPECT_TRUE(scan("hunter2", "password"));
  EXPECT_TRUE(scan("swordfish", "dbPassword"));
  EXPECT_TRUE(scan("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "apiKey"));
  EXPECT_TRUE(scan("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Authorization"));
  EXPECT_TRUE(scan("sid=7f9c2ba4e88f827d616045507605853e; Path=/", "Set-Cookie"));
  EXPECT_FALSE(scan("string", "password"));
  EXPECT_FALSE(scan("={{ $json.password }}", "password"));
  EXPECT_FALSE(scan("Enter your password", "password"));
  EXPECT_FALSE(scan("Passwort", "password"));
  EXPECT_FALSE(scan("\u015eifre", "password"));
  EXPECT_FALSE(scan("required|min:8", "password"));
  EXPECT_FALSE(scan(" internationalization", "token"));
  EXPECT_FALSE(scan("hunter2", "content"));
  EXPECT_FALSE(scan("[PASSWORD]", "password"));
}

TEST(CredentialTest, HostileTextsTakeLinearTime) {
  const auto start = std::chrono::steady_clock::now();
  std::string words;
  while (words.size() < 1000000) words += "password=(";
  std::string users;
  while (users.size() < 1000000) users += "a://a";
  for (const std::string& text :
       {std::string(1000000, ':'), std::string(1000000, '='), std::string(1000000, 'w'), words, users,
        "password=" + std::string(1000000, 'a'), std::string("x://") + std::string(1000000, '@')}) {
    scan(text);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(1));
}

}  // namespace
}  // namespace gleaner::privacy
