# The HTML of an issue's description, as Redmine's own pages show it: formatting, links, references and macros.
require 'json'

given = JSON.parse($stdin.read)
Setting.text_formatting = given['formatting']
User.current = User.find_by(login: 'afteraction')
controller = ApplicationController.new
controller.request = ActionDispatch::TestRequest.create
view = controller.view_context
project = Project.find_by!(identifier: 'payments')
shown = given['texts'].map do |text|
  issue = Issue.new(project: project, tracker: Tracker.first, author: User.current, subject: 'x', description: text)
  view.textilizable(issue, :description)
end
Setting.text_formatting = 'textile'
puts shown.to_json
