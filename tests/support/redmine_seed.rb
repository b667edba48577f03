# What the tests of the Redmine connector need to be there. Run by `rails runner`; prints the ids as one line of JSON.
require 'json'

Redmine::DefaultData::Loader.load('en') if Redmine::DefaultData::Loader.no_data?
Setting.rest_api_enabled = '1'
Setting.login_required = '0'
Setting.host_name = ENV.fetch('REDMINE_HOST')
Setting.default_notification_option = 'none'
Setting.notified_events = []

# A person, known by an API key, with a role in all of the projects that are named.
def person(login, name, key)
  user = User.find_by(login: login) || User.new(firstname: name, lastname: 'Tester', mail: "#{login}@example.test", language: 'en')
  user.login = login
  user.admin = false
  user.password = user.password_confirmation = 'not used by any test'
  user.status = User::STATUS_ACTIVE
  user.save!
  token = Token.find_by(user_id: user.id, action: 'api') || Token.create!(user: user, action: 'api')
  token.update_columns(value: key)
  user
end

bot = person('afteraction', 'Afteraction', ENV.fetch('BOT_KEY'))
dana = person('dana', 'Dana', ENV.fetch('PERSON_KEY'))
stranger = person('stranger', 'Stranger', ENV.fetch('OUTSIDER_KEY'))

manager = Role.find_by!(name: 'Manager')
manager.add_permission!(:set_issues_private, :set_own_issues_private, :view_private_notes, :manage_subtasks, :edit_issue_notes, :delete_issues)
manager.update!(issues_visibility: 'all')
reporter = Role.find_by!(name: 'Reporter')
reporter.remove_permission!(:edit_issues)
reporter.add_permission!(:edit_issue_notes, :add_issue_notes)
tracker = Tracker.find_by!(name: 'Bug')
strict = Tracker.find_by(name: 'Audited') ||
         Tracker.create!(name: 'Audited', default_status: IssueStatus.find_by!(name: 'New'), core_fields: Tracker::CORE_FIELDS)
strict.copy_workflow_rules(tracker)

fields = {
  'External key' => { field_format: 'string', is_filter: true, searchable: true, trackers: [tracker, strict] },
  'Severity' => { field_format: 'list', possible_values: %w[low medium high], is_required: true, is_filter: true, trackers: [strict] }
}.to_h do |name, more|
  [name, IssueCustomField.find_by(name: name) || IssueCustomField.create!(name: name, is_for_all: true, visible: true, **more)]
end

projects = { 'payments' => false, 'platform' => false, 'open-house' => true }.to_h do |identifier, is_public|
  project = Project.find_by(identifier: identifier) ||
            Project.create!(name: identifier.capitalize, identifier: identifier, is_public: is_public,
                            enabled_module_names: ['issue_tracking'], trackers: [tracker, strict], issue_custom_fields: fields.values)
  [bot, dana].each { |user| Member.create!(project: project, principal: user, roles: [manager]) unless user.member_of?(project) }
  [identifier, project]
end

# Here the bot may report and comment, and change nothing: Redmine answers a refused change with 204.
reports = Project.find_by(identifier: 'reports') ||
          Project.create!(name: 'Reports', identifier: 'reports', is_public: false, enabled_module_names: ['issue_tracking'], trackers: [tracker])
Member.create!(project: reports, principal: bot, roles: [reporter]) unless bot.member_of?(reports)
Member.create!(project: reports, principal: dana, roles: [manager]) unless dana.member_of?(reports)

puts({ trackers: Tracker.pluck(:name, :id).to_h, statuses: IssueStatus.pluck(:name, :id).to_h,
       fields: fields.transform_values(&:id), roles: Role.pluck(:name, :id).to_h, users: { bot: bot.id, dana: dana.id, stranger: stranger.id },
       priorities: IssuePriority.pluck(:name, :id).to_h, projects: projects.transform_values(&:id) }.to_json)
