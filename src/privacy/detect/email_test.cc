#include "privacy/detect/email.h"

#include <gtest/gtest.h>

#include "privacy/detect/testing.h"

namespace gleaner::privacy {
namespace {

bool at_email(std::string_view text, size_t at) {
  return text[at] == '@' || text.substr(at, 3) == "%40";
}

std::vector<std::string> emails(std::string_view text) {
  return testing::found(&find_email, &at_email, text);
}

using Strings = std::vector<std::string>;

TEST(EmailTest, FindsAddresses) {
  for (const char* const address :
       {"a@b.co", "jane.doe@example.com", "first.last+tag@sub.domain.co.uk", "o'neil@example.ie",
        "x_1%y@mail.example.museum", "NOREPLY@EXAMPLE.COM", "1234567@qq.com", "müller@münchen.de", "почта@пример.рф",
        "用户@例子.广告", "a@xn--d1acufc.xn--p1ai", "user@mail.internal", "me@my-company.photography", "a.b-c_d@e-f.io",
        "CAD=nope@mail.gmail.com", "dev@host.fictional"}) {
    const std::string_view text = address;
    const std::string_view wanted = text.starts_with("CAD=") ? text.substr(4) : text;
    for (const std::string& around : testing::surroundings(text)) {
      EXPECT_EQ(emails(around), Strings{std::string(wanted)}) << around;
    }
  }
}

TEST(EmailTest, CutsWhatStandsAround) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"mailto:a@b.co", "a@b.co"},
      {"mail=a@b.co&x=1", "a@b.co"},
      {"https://example.com?email=a@b.co", "a@b.co"},
      {"https://example.com/u/?to=a@b.co", "a@b.co"},
      {"write to a@b.co.", "a@b.co"},
      {"write to a@b.co.Thanks", "a@b.co"},
      {"...john@x.com", "john@x.com"},
      {"'a@b.co'", "a@b.co"},
      {"我的邮箱是test@qq.com谢谢", "test@qq.com"},
      {"邮箱：test@qq.com。", "test@qq.com"},
      {"a@b.co:hunter2", "a@b.co"},
      {"ayse@mail.com.tr'ye yaz", "ayse@mail.com.tr"},
      {"Jane <jane@b.org>", "jane@b.org"},
      {"a%40b.co", "a%40b.co"},
      {"mail=jane.doe%40example.com&x=1", "jane.doe%40example.com"},
      {"x/a@b.co", "a@b.co"},
      {"use ssh or write to a@b.co", "a@b.co"},
      {"rsync is broken, a@b.co", "a@b.co"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(emails(text), Strings{wanted}) << text;
  EXPECT_EQ(emails("a@b.co,c@d.org;e@f.net"), (Strings{"a@b.co", "c@d.org", "e@f.net"}));
}

TEST(EmailTest, LeavesWhatIsNone) {
  for (const char* const text : {"@",
                                 "a@",
                                 "@b.co",
                                 "a@b",
                                 "a @ b.co",
                                 "@types/node",
                                 "npm i @scope/pkg@1.2.3",
                                 "pkg@1.2.3",
                                 "react@18.2",
                                 "@Override",
                                 "git@github.com:org/repo.git",
                                 "ssh://git@github.com/org/repo",
                                 "https://user:pw@host.com/x",
                                 "https://user@host.com",
                                 "postgres://u:p@db.example.com:5432/x",
                                 "https://medium.com/@jane.doe",
                                 "logo@2x.png",
                                 "icon@hd.png",
                                 "getty@tty1.service",
                                 "h = x@self.weight",
                                 "y = a@W.T",
                                 "df@model.embed(x)",
                                 "my email is info@presidio.",
                                 "[EMAIL]@example.com",
                                 "user@[IP]",
                                 "[EMAIL_3f2a]",
                                 "{user}@example.com",
                                 "${name}@example.com",
                                 "black@0.3:size",
                                 "user@localhost",
                                 "deploy@example.com:/srv/www",
                                 "19:abc@thread.v2",
                                 "a@-b.co",
                                 "a@b..co",
                                 "50%@home",
                                 "a@b.c",
                                 "actions/checkout@v4.1.0",
                                 "HEAD@{1.day}",
                                 "user@@example",
                                 R"(ssh deploy@staging.example.com)",
                                 R"(ssh -i key.pem -p 22 ubuntu@ec2.example.com)",
                                 R"(scp x deploy@host.example.com:/tmp)",
                                 R"(scp x deploy@host.example.com:x)",
                                 R"(rsync -a . deploy@h.example.com:)",
                                 R"(sftp bob@h.example.com)",
                                 R"(git clone deploy@h.example.com:repo)",
                                 "a@b.co@c"}) {
    EXPECT_EQ(emails(text), Strings{}) << text;
  }
}

TEST(EmailTest, BearsHostileTexts) {
  EXPECT_EQ(emails(std::string(1 << 20, '@')), Strings{});
  EXPECT_EQ(emails(std::string(1 << 20, 'a') + "@b"), Strings{});
  std::string text;
  while (text.size() < 1 << 20) text += "a@";
  EXPECT_EQ(emails(text), Strings{});
  text.clear();
  while (text.size() < 1 << 20) text += "@a.a.";
  EXPECT_EQ(emails(text), Strings{});
  EXPECT_EQ(emails("\xff@\xff.\xff"), Strings{});
  EXPECT_EQ(emails("a@b.\xc3"), Strings{});
}

}  // namespace
}  // namespace gleaner::privacy
