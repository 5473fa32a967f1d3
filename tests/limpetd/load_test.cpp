// From a cluster file, flags and secrets on disk to what a node starts with; and what SIGHUP makes of a
// second look.
#include "load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "a_folder.hpp"
#include "print.hpp"
#include "reload.hpp"

namespace limpet::limpetd {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

class LoadTest : public FolderTest {
 protected:
  void flag(Name name, const std::string& text) { given_.flags[name.index] = text; }

  // A cluster of three in cluster.toml, with more lines for [cluster] and [server].
  void cluster(int epoch, const std::string& in_cluster = "", const std::string& in_server = "",
               int nodes = 3) {
    std::string text = "epoch = " + std::to_string(epoch) +
                       "\n[cluster]\nname = \"demo\"\ndurability = \"none\"\n" + in_cluster;
    for (int i = 1; i <= nodes; ++i) {
      const std::string n = std::to_string(i);
      text += "[[node]]\nname = \"n" + n + "\"\nclient = \"127.0.0.1:760" + n + "\"\npeer = \"127.0.0.1:770" +
              n + "\"\n";
    }
    file_ = write("cluster.toml", text + "[server]\n" + in_server);
    flag("config", file_);
  }
  Launch loaded() {
    auto launch = load(given_);
    EXPECT_TRUE(launch) << launch.error().text;
    return launch ? std::move(*launch) : Launch{};
  }
  std::string error() {
    const auto launch = load(given_);
    return launch ? "no error" : launch.error().text;
  }

  Given given_;
  std::string file_;
};

TEST_F(LoadTest, FollowersWantAJournalAndAWordIsSaidOfThoseThatAreAllNeeded) {
  cluster(1, "");
  std::string text = read(file_);
  text.replace(text.find("\"none\""), 6, "\"interval\"\nfollowers = 1\nmin_followers = 1");
  file_ = write("cluster.toml", text);
  flag("node", "n1");
  EXPECT_THAT(loaded().warnings, testing::Contains(HasSubstr("min_followers is as many as followers")));
  flag("durability", "none");
  EXPECT_THAT(error(), HasSubstr("followers, which need a journal"));
}

TEST_F(LoadTest, ATestMaySayAtWhichMomentTheProcessKillsItself) {
  given_.environment["LIMPET_KILL_AT"] = "syncs-ceded:7";
  const Launch launch = loaded();
  ASSERT_TRUE(launch.node.kill_at);
  EXPECT_EQ(launch.node.kill_at->moment.name, "syncs-ceded");
  EXPECT_EQ(launch.node.kill_at->time, 7U);
  EXPECT_THAT(launch.warnings, ElementsAre(HasSubstr("kills itself at syncs-ceded:7")));
  given_.environment["LIMPET_KILL_AT"] = "lunch";
  for (const handoff::CrashPoint& moment : handoff::kCrashPoints)
    EXPECT_THAT(error(), HasSubstr(std::string(moment.name)));
  for (const char* wrong : {"syncs-ceded:", "syncs-ceded:0", "syncs-ceded:-1", "syncs-ceded:1:1", ":1", ""}) {
    given_.environment["LIMPET_KILL_AT"] = wrong;
    EXPECT_THAT(error(), HasSubstr("LIMPET_KILL_AT: ")) << wrong;
  }
}

TEST_F(LoadTest, WithoutAFileThereIsOneNodeNamedLimpet) {
  const Launch launch = loaded();
  EXPECT_EQ(launch.node.me().name, "limpet");
  EXPECT_EQ(launch.node.me().client.text(), "127.0.0.1:7379");
  EXPECT_FALSE(launch.node.me().admin);
  EXPECT_EQ(launch.node.shards, usable_cores());
  EXPECT_EQ(launch.node.data_dir, "");
  EXPECT_TRUE(launch.node.protected_mode);
  EXPECT_THAT(launch.warnings, IsEmpty());
}

TEST_F(LoadTest, ASingleNodeTakesItsAddressesFromFlags) {
  flag("listen", "[::1]:7000");
  flag("admin", "127.0.0.1:7001");
  const Launch launch = loaded();
  EXPECT_EQ(launch.node.me().client.text(), "[::1]:7000");
  ASSERT_TRUE(launch.node.me().admin);
  EXPECT_EQ(launch.node.me().admin->port, 7001);
  flag("listen", "nonsense");
  EXPECT_THAT(error(), HasSubstr("--listen: "));
}

TEST_F(LoadTest, ANameWithoutAFileIsAnError) {
  flag("node", "n1");
  EXPECT_THAT(error(), HasSubstr("--config"));
}

TEST_F(LoadTest, TheNodeIsFoundInTheFile) {
  cluster(1);
  flag("node", "n2");
  const Launch launch = loaded();
  EXPECT_EQ(launch.node.self, 1);
  EXPECT_EQ(launch.node.me().name, "n2");
  EXPECT_EQ(launch.node.config_file, file_);
  EXPECT_TRUE(launch.node.data_dir.ends_with("/limpet-data/n2")) << launch.node.data_dir;
  EXPECT_THAT(summary(launch), HasSubstr("cluster demo, epoch 1, 3 nodes"));
  EXPECT_THAT(summary(launch), MatchesRegex(".*; n2 owns [0-9]+ of 16384 slots"));
}

TEST_F(LoadTest, AnUnknownNodeIsAnsweredWithTheKnownOnes) {
  cluster(1);
  flag("node", "n9");
  EXPECT_EQ(error(), "--node: no node 'n9' in " + file_ + "; it names n1, n2, n3");
}

TEST_F(LoadTest, WhichNodeMustBeSaidUnlessTheFileIsOnlyChecked) {
  cluster(1);
  EXPECT_THAT(error(), HasSubstr("Say --node with one of: n1, n2, n3"));
  EXPECT_TRUE(load(given_, {.node_optional = true}));
  cluster(1, "", "", 1);
  EXPECT_EQ(loaded().node.me().name, "n1");
}

TEST_F(LoadTest, AddressesOfANodeInAFileAreNotFlags) {
  cluster(1);
  flag("node", "n1");
  flag("listen", "127.0.0.1:1");
  EXPECT_THAT(error(), HasSubstr("--listen: with a cluster file the addresses"));
}

TEST_F(LoadTest, AFileThatCannotBeReadIsNamed) {
  flag("config", path("none.toml"));
  flag("node", "n1");
  EXPECT_THAT(error(), HasSubstr(path("none.toml") + ": cannot be read: No such file or directory"));
  flag("config", folder_.string());
  EXPECT_THAT(error(), HasSubstr("Is a directory"));
}

TEST_F(LoadTest, AMistakeInTheFileIsToldByLineAndColumn) {
  cluster(1, "durabilty = \"none\"\n");
  flag("node", "n1");
  EXPECT_THAT(error(), HasSubstr(file_ + ":5:"));
}

TEST_F(LoadTest, ANumberOutOfBoundsIsToldByLineAndColumn) {
  cluster(1, "", "max_clients = 0\n");
  EXPECT_THAT(error(),
              MatchesRegex(".*/cluster.toml:[0-9]+:15: max_clients: 0 is out of range: from 1 to .*"));
  cluster(1, "", "  max_clients   =  99999999999999999999\n");
  EXPECT_THAT(error(), MatchesRegex(".*/cluster.toml:[0-9]+:[0-9]+: .*99999999999999999999.*"));
  cluster(1, "", "forward_timeout = \"999h\"\n");
  EXPECT_THAT(error(), MatchesRegex(".*/cluster.toml:[0-9]+:19: forward_timeout: .* is out of range: .*"));
}

TEST_F(LoadTest, SettingsOfTheFileCount) {
  cluster(1, "", "shards = 3\nprotected_mode = false\nidle_timeout = \"5s\"\n");
  flag("node", "n1");
  const Launch launch = loaded();
  EXPECT_EQ(launch.node.shards, 3u);
  EXPECT_FALSE(launch.node.protected_mode);
  EXPECT_EQ(launch.node.idle_timeout_ms, 5'000);
  cluster(1, "", "shrads = 3\n");
  EXPECT_THAT(error(), HasSubstr("did you mean 'shards'?"));
}

TEST_F(LoadTest, ASingleNodeKeepsAJournalWhereItHasAPlaceForIt) {
  EXPECT_EQ(loaded().node.view.durability, cluster::Durability::none);
  flag("durability", "always");
  EXPECT_THAT(error(), HasSubstr("say where with --data-dir DIR"));
  flag("data-dir", path("data"));
  EXPECT_EQ(loaded().node.view.durability, cluster::Durability::always);
  flag("durability", "none");
  EXPECT_EQ(loaded().node.view.durability, cluster::Durability::none);
}

TEST_F(LoadTest, ADataDirectoryAloneMeansInterval) {
  flag("data-dir", path("data"));
  EXPECT_EQ(loaded().node.view.durability, cluster::Durability::interval);
}

TEST_F(LoadTest, DurabilityOfTheClusterGivesWayToAFlag) {
  cluster(1);
  flag("node", "n1");
  EXPECT_EQ(loaded().values["durability"].where, file_ + ", [cluster]");
  flag("durability", "always");
  EXPECT_EQ(loaded().node.view.durability, cluster::Durability::always);
}

TEST_F(LoadTest, SecretsComeFromFilesBesideTheClusterFile) {
  write("password", "open sesame\n");
  write("secret", "s3cret");
  cluster(1, "password_file = \"password\"\nsecret_file = \"secret\"\n");
  flag("node", "n1");
  const Launch launch = loaded();
  EXPECT_EQ(launch.node.password, "open sesame");
  EXPECT_EQ(launch.node.secret, "s3cret");
  EXPECT_THAT(launch.warnings, IsEmpty());
}

TEST_F(LoadTest, TheNearestSecretCounts) {
  cluster(1,
          "secret_file = \"" + write("secret", "s3cret") + "\"\npassword_file = \"" +
              write("a", "from cluster") + "\"\n",
          "password_file = \"" + write("b", "from server") + "\"\n");
  flag("node", "n1");
  EXPECT_EQ(loaded().node.password, "from server");
  given_.environment["LIMPET_PASSWORD"] = "from environment";
  EXPECT_EQ(loaded().node.password, "from environment");
  flag("password-file", write("c", "from flag"));
  EXPECT_EQ(loaded().node.password, "from flag");
}

TEST_F(LoadTest, APasswordWithoutASecretIsRefusedWithItsLineAndWhatToAdd) {
  write("password", "open sesame\n");
  cluster(1, "password_file = \"password\"\n");
  flag("node", "n2");
  EXPECT_THAT(error(), HasSubstr(file_ + ":5: a password, but no secret"));
  EXPECT_THAT(error(), HasSubstr("127.0.0.1:7702"));
  EXPECT_THAT(error(), HasSubstr("add secret_file = \"secret\" to [cluster] in " + file_));
  EXPECT_THAT(error(), HasSubstr("trust_peer_port"));
  given_.flags[Name("node").index].reset();
  EXPECT_FALSE(load(given_, {.node_optional = true})) << "--check-config finds it, too";

  cluster(1, "password_file = \"password\"\n", "trust_peer_port = \"yes\"\n");
  flag("node", "n2");
  EXPECT_EQ(error(), "no error");
  cluster(1);
  EXPECT_EQ(error(), "no error");
  given_.environment["LIMPET_PASSWORD"] = "open sesame";
  EXPECT_THAT(error(), HasSubstr("LIMPET_PASSWORD: a password, but no secret"));
  given_.environment["LIMPET_SECRET"] = "s3cret";
  EXPECT_EQ(error(), "no error");
}

TEST_F(LoadTest, ThePeerPortIsTrustedOnLoopbackAlone) {
  file_ =
      write("cluster.toml",
            "epoch = 1\n[cluster]\nname = \"demo\"\ndurability = \"none\"\n[[node]]\nname = \"n1\"\nclient = "
            "\"127.0.0.1:7601\"\npeer = \"10.0.0.1:7701\"\n[server]\ntrust_peer_port = \"yes\"\n");
  flag("config", file_);
  given_.environment["LIMPET_PASSWORD"] = "open sesame";
  EXPECT_THAT(error(), HasSubstr(file_ + ":10: trust-peer-port is for peer ports on loopback alone"));
}

TEST_F(LoadTest, ASingleNodeWithoutAPeerPortNeedsNoSecret) {
  given_.environment["LIMPET_PASSWORD"] = "open sesame";
  EXPECT_EQ(error(), "no error");
}

TEST_F(LoadTest, TwoSecretsAreReadFromFilesAndVariables) {
  cluster(1, "secret_file = \"" + write("secret", "new\nold\n") + "\"\n");
  flag("node", "n1");
  given_.environment["LIMPET_PASSWORD"] = "second\nfirst";
  const Launch launch = loaded();
  EXPECT_THAT(launch.node.secret.all(), ElementsAre("new", "old"));
  EXPECT_THAT(launch.node.password.all(), ElementsAre("second", "first"));
  EXPECT_THAT(config_text(launch), HasSubstr("# secret of the cluster: set, and the one before it, too"));
}

TEST_F(LoadTest, ASecretThatIsNotThereOrEmptyIsAnError) {
  flag("password-file", path("none"));
  EXPECT_THAT(error(), HasSubstr("No such file"));
  flag("password-file", write("empty", "\n"));
  EXPECT_THAT(error(), HasSubstr("empty"));
  flag("password-file", write("three", "a\nb\nc\n"));
  EXPECT_THAT(error(), HasSubstr("three:3: a third secret"));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  flag("password-file", path("pipe"));
  EXPECT_THAT(error(), HasSubstr("it is a pipe, and not a file"));
}

TEST_F(LoadTest, ASecretThatOthersCanReadIsWarnedAbout) {
  flag("password-file", write("open", "secret", 0644));
  EXPECT_THAT(loaded().warnings, Contains(HasSubstr("chmod 600")));
}

TEST_F(LoadTest, PrintedSettingsNameTheirOriginAndNoSecret) {
  given_.environment["LIMPET_PASSWORD"] = "hunter2";
  flag("max-clients", "77");
  const std::string text = config_text(loaded());
  EXPECT_THAT(text, HasSubstr("max_clients = 77"));
  EXPECT_THAT(text, HasSubstr("# --max-clients"));
  EXPECT_THAT(text, HasSubstr("forward_timeout = \"2s\""));
  EXPECT_THAT(text, HasSubstr("# password of clients: set"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(LoadTest, PrintedSettingsAreASettingsTable) {
  flag("protected-mode", "no");
  std::string text = config_text(loaded());
  text = text.substr(text.find("[server]"));
  given_.flags.fill(std::nullopt);
  cluster(1, "", text.substr(text.find('\n') + 1));
  flag("node", "n1");
  EXPECT_FALSE(loaded().node.protected_mode);
}

// ---- SIGHUP
// ------------------------------------------------------------------------------------------------

class ReloadTest : public LoadTest {
 protected:
  ReloadTest() {
    cluster(1);
    flag("node", "n1");
    now_ = loaded();
  }
  Result<ReloadPlan> plan() { return plan_reload(now_, loaded()); }

  Launch now_;
};

TEST_F(ReloadTest, NothingNewIsNothingToDo) {
  EXPECT_THAT(plan()->applied, IsEmpty());
  EXPECT_THAT(plan()->kept, IsEmpty());
}

TEST_F(ReloadTest, SomeSettingsChangeAndOthersWaitForARestart) {
  cluster(1, "", "max_clients = 50\nshards = 7\n");
  EXPECT_THAT(plan()->applied, ElementsAre("max-clients 10000 to 50"));
  EXPECT_THAT(plan()->kept, ElementsAre("shards cores to 7"));
  take_over(now_, loaded());
  EXPECT_EQ(now_.node.max_clients, 50u);
  EXPECT_EQ(now_.node.shards, usable_cores());
  EXPECT_THAT(plan()->applied, IsEmpty());
  EXPECT_THAT(plan()->kept, ElementsAre("shards cores to 7")) << "said again until it is true";
}

TEST_F(ReloadTest, TheRateOfHandOversIsASizeAndChangesWithoutARestart) {
  EXPECT_EQ(now_.node.handover_rate, 0u) << "no limit";
  cluster(1, "", "handover_rate = \"20mb\"\n");
  EXPECT_THAT(config_text(loaded()), HasSubstr("handover_rate = \"20mb\""));
  EXPECT_THAT(plan()->applied, ElementsAre("handover-rate 0 to 20mb"));
  take_over(now_, loaded());
  EXPECT_EQ(now_.node.handover_rate, 20u << 20);
  EXPECT_EQ(reloadable(now_.node).handover_rate, 20u << 20);
  given_.environment["LIMPET_HANDOVER_RATE"] = "500k";
  EXPECT_EQ(loaded().node.handover_rate, 500'000u);
  flag("handover-rate", "1mb");
  EXPECT_EQ(loaded().node.handover_rate, 1u << 20);
}

TEST_F(ReloadTest, ANewPasswordIsAppliedAndNotShown) {
  given_.environment["LIMPET_SECRET"] = "hunter3";
  given_.environment["LIMPET_PASSWORD"] = "hunter2";
  EXPECT_THAT(plan()->applied, ElementsAre("password", "the cluster's secret"));
  take_over(now_, loaded());
  EXPECT_EQ(reloadable(now_.node).secret, "hunter3");
  EXPECT_THAT(plan()->applied, IsEmpty());
}

TEST_F(ReloadTest, AnotherNodeListIsTakenOverWithTheRest) {
  cluster(2, "", "max_clients = 50\n", 2);
  ASSERT_TRUE(plan());
  EXPECT_TRUE(plan()->new_cluster_file);
  EXPECT_THAT(plan()->applied, ElementsAre("max-clients 10000 to 50", HasSubstr("epoch 1 to 2")));
  take_over(now_, loaded());
  EXPECT_EQ(now_.node.view.epoch, 2u);
  EXPECT_FALSE(plan()->new_cluster_file);
}

TEST_F(ReloadTest, OtherContentAtTheSameEpochIsRefused) {
  cluster(1, "", "", 2);
  EXPECT_THAT(plan().error().text,
              HasSubstr(file_ + " has epoch 1, but epoch 1 is in force with other content"));
}

TEST_F(ReloadTest, AnOlderFileThanTheOneInForceIsRefusedByItsPath) {
  // As after a start with an old file, where the data directory knows a later one.
  cluster(6);
  take_over_file(now_, loaded().node.view);
  cluster(2);
  EXPECT_THAT(plan().error().text, HasSubstr(file_ + " has epoch 2, older than 6 in force"));
}

TEST_F(ReloadTest, NothingNewIsToldWithTheEpochThatRuns) {
  EXPECT_EQ(in_words(*plan(), loaded()), "already runs epoch 1; no setting has changed");
}

TEST_F(ReloadTest, WhatItWouldDoIsToldInFields) {
  cluster(2, "", "max_clients = 50\nshards = 7\n");
  const auto next = load(given_);
  const std::string text = check_text(now_, next, plan());
  EXPECT_THAT(text, HasSubstr("file " + file_ + "\nepoch 2\ncontent "));
  EXPECT_THAT(text, HasSubstr("\nawaits n1 n2 n3\nin_force 1\n"));
  EXPECT_THAT(text, HasSubstr("\nverdict takes\nsays max-clients 10000 to 50; "));
  EXPECT_THAT(text, HasSubstr("\nkept 1\n"));
  write("cluster.toml", "epoch = 1\n[[[");
  const auto broken = load(given_);
  const std::string refused = check_text(now_, broken, tl::unexpected(broken.error()));
  EXPECT_THAT(refused, HasSubstr("\nverdict refuses\nsays " + file_ + ":2:"));
  EXPECT_THAT(refused, Not(HasSubstr("\nepoch ")));
}

}  // namespace
}  // namespace limpet::limpetd
