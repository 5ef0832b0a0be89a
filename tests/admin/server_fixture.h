// A server on a free port over a fake database.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "admin/server.h"
#include "tests/admin/fake_database.h"
#include "tests/admin/http_client.h"

namespace shale::admin {

class AdminServerTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.port = 0;
    StartServer();
  }

  void StartServer() {
    server_.reset();
    auto started = AdminServer::Start(&database_, options_);
    ASSERT_TRUE(started.ok()) << started.status().ToString();
    server_ = std::move(started).value();
  }

  uint16_t port() const { return server_->port(); }
  FakeStore& store() { return database_.fake_store(); }

  FakeDatabase database_;
  AdminOptions options_;
  std::unique_ptr<AdminServer> server_;
};

}  // namespace shale::admin
