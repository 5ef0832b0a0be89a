// Goal: what was accepted when it was set stays, whatever has changed since. Method: the
// definitions themselves, asked as a reload asks them.
#include "sql/session/settings.h"

#include <gtest/gtest.h>

#include <string>

namespace shale::sql {
namespace {

// The clock may be set back after shale.as_of was set.
TEST(SettingsTest, ATimeThatWasPastMayLieAheadLater) {
  Settings settings(MakeSettingDefaults({}));
  EXPECT_TRUE(
      settings.Set("shale.as_of", "9000-01-01", false).Is(sqlstate::kInvalidParameterValue));
  EXPECT_TRUE(settings.Set("shale.as_of", "2020-01-01", false).ok());
  SettingFields fields;
  std::string text = "9000-01-01 00:00:00+00";
  EXPECT_TRUE(FindSetting("shale.as_of")->apply(&text, &fields).ok());
  EXPECT_TRUE(fields.as_of_us.has_value());
}

}  // namespace
}  // namespace shale::sql
